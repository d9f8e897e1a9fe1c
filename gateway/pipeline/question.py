"""C2B validation: the answer to a question, decided by the tenant's rules. Pure, and from memory only.

How the hard bound on the time holds: deciding waits for nobody. It is one run of plain comparisons over what is in
memory, inside one turn of the event loop: lists of references are looked up in the set that a thread of its own
refreshes, globs take time in proportion to the reference (256 characters at most), and a regular expression that
could take more than milliseconds is refused when the configuration is read. What no rule can promise, such as a
machine that stood still, intake measures: see `validation_budget` there.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from gateway.domain.event import Party
from gateway.domain.facts import Facts
from gateway.domain.question import ACCEPT, AmountRange, Conditions, Decided, PayerState, ValidationRule
from gateway.domain.settings import Shortcode
from gateway.expressions.globs import any_of
from gateway.expressions.normalise import normaliser
from gateway.expressions.patterns import fits
from gateway.pipeline.because import because, undecided

Decide = Callable[[Facts], Decided]

Holds = Callable[[str, str | None], bool | None]
"""Tells whether the tenant's list of that name holds a reference; None while the list is not known."""

_Test = Callable[[Facts], bool | None]
"""A condition held against a question. None: it cannot be told now."""

NO_RULES = "no validation rules are configured"
NO_MATCH = "no rule matches"


def compile_rules(rules: Sequence[ValidationRule] | None, shortcode: Shortcode, holds: Holds) -> Decide:
    """Return what decides the questions of a shortcode: the first rule that applies, else the payment is accepted.

    Where a rule's turn comes and its list is not known, nothing below it can be right either: the shortcode's default
    is the answer. It is so too where `rules` is None.
    """
    if rules is None:
        return lambda _facts: Decided(shortcode.validation_default, NO_RULES)
    compiled = [(_applies(rule, shortcode, holds), rule, because(rule)) for rule in rules]

    def decide(facts: Facts) -> Decided:
        for applies, rule, words in compiled:
            applied = applies(facts)
            if applied is None:
                return Decided(shortcode.validation_default, undecided(rule))
            if applied:
                return Decided(rule.decision, words)
        return Decided(ACCEPT, NO_MATCH)

    return decide


def payer_state(payer: Party) -> PayerState:
    """Tell in which form the payer's phone came."""
    if payer.msisdn is not None:
        return PayerState.PLAIN
    if payer.msisdn_masked is not None:
        return PayerState.MASKED
    return PayerState.ABSENT if payer.msisdn_hash is None else PayerState.HASHED


def _applies(rule: ValidationRule, shortcode: Shortcode, holds: Holds) -> _Test:
    meets = _all_of(_tests(rule.when, rule.normalise, shortcode, holds))
    if rule.unless is None:
        return meets
    return _all_of([meets, _not(_all_of(_tests(rule.unless, rule.normalise, shortcode, holds)))])


def _tests(conditions: Conditions | None, steps: Sequence[str], shortcode: Shortcode, holds: Holds) -> list[_Test]:
    if conditions is None:
        return []
    read = normaliser(steps)
    tests: list[_Test] = []
    if conditions.shortcode is not None:
        # The hook's, not what the body says: a body may name the till's store.
        ours = any_of(conditions.shortcode)(shortcode.number)
        tests.append(lambda _facts: ours)
    if conditions.amount is not None:
        tests.append(partial(_in_range, conditions.amount))
    if conditions.payer is not None:
        states = frozenset(conditions.payer)
        tests.append(lambda facts: payer_state(facts.payer) in states)
    tests += [_of_reference(read, test) for test in _reference_tests(conditions, holds)]
    return tests


def _reference_tests(conditions: Conditions, holds: Holds) -> list[Callable[[str | None], bool | None]]:
    tests: list[Callable[[str | None], bool | None]] = []
    if conditions.reference is not None:
        tests.append(any_of(conditions.reference))
    if conditions.reference_regex is not None:
        tests.append(fits(conditions.reference_regex))
    if conditions.reference_in is not None:
        tests.append(partial(holds, conditions.reference_in))
    return tests


def _of_reference(read: Callable[[str | None], str | None], test: Callable[[str | None], bool | None]) -> _Test:
    return lambda facts: test(read(facts.account_reference))


def _in_range(bounds: AmountRange, facts: Facts) -> bool:
    amount = facts.amount
    if amount is None:
        return False
    least, most = bounds.minimum, bounds.maximum
    return (Decimal(0) if least is None else least) <= amount and (most is None or amount <= most)


def _all_of(tests: Sequence[_Test]) -> _Test:
    """Return the test that holds where all do. What cannot be told matters only where nothing else says no."""

    def hold(facts: Facts) -> bool | None:
        found = [test(facts) for test in tests]
        return False if False in found else None if None in found else True

    return hold


def _not(test: _Test) -> _Test:
    def holds_not(facts: Facts) -> bool | None:
        found = test(facts)
        return None if found is None else not found

    return holds_not
