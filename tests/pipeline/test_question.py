"""What is decided, and why: rules, conditions, lists that are not known, and words without the payer."""

import itertools
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from arrivals import callback, hooks, key, shortcode
from simulated import c2b

from gateway import resources
from gateway.domain.question import AmountRange, Conditions, PayerState, ValidationRule
from gateway.domain.received import Question
from gateway.domain.references import FileSource, ReferenceList
from gateway.domain.settings import Shortcode
from gateway.pipeline.receive import receive

REJECT = "C2B00012"
Lists = Mapping[str, frozenset[str] | None]


def rules(*written: dict[str, Any]) -> tuple[ValidationRule, ...]:
    return tuple(ValidationRule(number, **{"decision": REJECT, **each}) for number, each in enumerate(written, 1))


def decide(
    written: tuple[ValidationRule, ...] | None,
    lists: Lists | None = None,
    code: Shortcode | None = None,
    **body: Any,
) -> tuple[str, str]:
    """Return decision and reason, by the way that every question goes."""
    known = {} if lists is None else lists
    made = hooks(
        code or shortcode(validation_default="C2B00016"),
        validation=written,
        references={name: ReferenceList(name, "duka", FileSource("/x"), normalise=("trim", "upper")) for name in known},
        look_up=lambda tenant, name: known[name] if tenant == "duka" else None,
    ).find(code.keys[0].secret.reveal() if code else key().secret.reveal(), "c2b-validation")
    assert made is not None
    asked = receive(made, callback("c2b-validation", c2b("UASK", **body)))
    assert isinstance(asked, Question), asked
    return asked.decision, asked.because


def says_no(conditions: dict[str, Any], normalise: tuple[str, ...] = (), **body: Any) -> bool:
    """Tell whether a question meets these conditions."""
    decision, _ = decide(rules({"when": Conditions(**conditions), "normalise": normalise}), **body)
    return decision == REJECT


def test_without_rules_the_default_is_the_answer() -> None:
    assert decide(None) == ("C2B00016", "no validation rules are configured")


def test_where_no_rule_applies_the_payment_is_accepted() -> None:
    assert decide(()) == ("accept", "no rule matches")
    assert decide(rules({"when": Conditions(reference=("ORD-*",))})) == ("accept", "no rule matches")


def test_the_first_rule_that_applies_decides() -> None:
    written = rules(
        {"when": Conditions(reference=("VIP-*",)), "decision": "accept"},
        {"when": Conditions(amount=AmountRange(None, Decimal("9.99"))), "decision": "C2B00013"},
        {"unless": Conditions(reference=("INV-*",))},
    )
    assert decide(written, amount="5", BillRefNumber="VIP-1") == ("accept", "rule 1: reference is VIP-*")
    assert decide(written, amount="5") == ("C2B00013", "rule 2: amount is at most 9.99")
    assert decide(written, BillRefNumber="ORD-1") == (REJECT, "rule 3: reference is not INV-*")
    assert decide(written) == ("accept", "no rule matches")


CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"reference": ("INV-*",)}, {}, True),
    ({"reference": ("ORD-*", "INV-1???")}, {}, True),
    ({"reference": ("inv-*",)}, {}, False),
    ({"reference": ("*",)}, {"BillRefNumber": ""}, False),
    ({"reference": ("1042",)}, {"BillRefNumber": 1042}, True),
    ({"reference_regex": "INV-[0-9]{4}"}, {}, True),
    ({"reference_regex": "INV-[0-9]{3}"}, {}, False),
    ({"reference_regex": ".*"}, {"BillRefNumber": ""}, False),
    ({"reference_regex": ".*"}, {"BillRefNumber": "x" * 200}, False),
    ({"amount": AmountRange(Decimal(10), None)}, {"amount": "10.00"}, True),
    ({"amount": AmountRange(Decimal(10), None)}, {"amount": "9.99"}, False),
    ({"amount": AmountRange(None, Decimal("100.50"))}, {"amount": "100.5"}, True),
    ({"amount": AmountRange(None, Decimal("100.50"))}, {"amount": "100.51"}, False),
    ({"amount": AmountRange(Decimal(0), Decimal(5))}, {"amount": 5}, True),
    ({"shortcode": ("600638",)}, {}, True),
    ({"shortcode": ("6006??",)}, {}, True),
    ({"shortcode": ("600639",)}, {}, False),
    ({"payer": (PayerState.MASKED,)}, {}, True),
    ({"payer": (PayerState.PLAIN,)}, {}, False),
    ({"payer": (PayerState.PLAIN,)}, {"MSISDN": "254708374149"}, True),
    ({"payer": (PayerState.PLAIN, PayerState.HASHED)}, {"MSISDN": "ab" * 32}, True),
    ({"payer": (PayerState.ABSENT,)}, {"MSISDN": ""}, True),
    ({"reference": ("INV-*",), "amount": AmountRange(Decimal(10), None)}, {"amount": "5"}, False),
    ({"reference": ("INV-*",), "amount": AmountRange(Decimal(10), None)}, {"amount": "15"}, True),
]


@pytest.mark.parametrize(("conditions", "body", "met"), CONDITIONS)
def test_conditions(conditions: dict[str, Any], body: dict[str, Any], met: bool) -> None:
    assert says_no(conditions, **body) is met
    # `unless` is the contrary, whatever it is.
    opposite, _ = decide(rules({"unless": Conditions(**conditions)}), **body)
    assert opposite == ("accept" if met else REJECT)


@pytest.mark.parametrize(
    ("steps", "typed", "met"),
    [
        ((), "#inv-1042 ", False),
        (("trim", "strip_hash", "upper"), "#inv-1042 ", True),
        (("upper", "strip_hash"), "#inv-1042#", True),
        (("trim",), "inv-1042", False),
    ],
)
def test_a_rule_repairs_the_reference_first(steps: tuple[str, ...], typed: str, met: bool) -> None:
    assert says_no({"reference": ("INV-1042",)}, steps, BillRefNumber=typed) is met
    assert says_no({"reference_regex": "INV-1042"}, steps, BillRefNumber=typed) is met


IN_OPEN = {"unless": Conditions(reference_in="open")}


def test_a_list_decides_and_makes_what_is_looked_for_alike() -> None:
    known = {"open": frozenset({"INV-1042"})}
    assert decide(rules(IN_OPEN), known)[0] == "accept"
    assert decide(rules(IN_OPEN), known, BillRefNumber=" inv-1042 ")[0] == "accept"
    assert decide(rules(IN_OPEN), known, BillRefNumber="INV-1") == (REJECT, "rule 1: reference is not in the list open")
    assert decide(rules(IN_OPEN), known, BillRefNumber="")[0] == REJECT
    assert decide(rules({**IN_OPEN, "normalise": ("strip_hash",)}), known, BillRefNumber="#inv-1042")[0] == "accept"


def test_an_empty_list_is_known() -> None:
    assert decide(rules(IN_OPEN), {"open": frozenset()})[0] == REJECT


def test_a_rule_that_cannot_decide_gives_the_default() -> None:
    unknown = {"open": None}
    because = "rule 1 could not be decided: the list open was not known"
    assert decide(rules(IN_OPEN), unknown) == ("C2B00016", because)
    assert decide(rules(IN_OPEN), unknown, shortcode()) == ("accept", because)
    # Not if something else settles it, whatever the list may hold.
    small = {"when": Conditions(amount=AmountRange(None, Decimal(5))), **IN_OPEN}
    assert decide(rules(small), unknown) == ("accept", "no rule matches")
    vip = {"unless": Conditions(reference=("ORD-*",), reference_in="open")}
    assert decide(rules(vip), unknown)[0] == REJECT
    first = {"when": Conditions(reference=("INV-*",)), "decision": "accept"}
    assert decide(rules(first, IN_OPEN), unknown)[0] == "accept"


TRUTH = list(itertools.product((True, False, None), repeat=2))


@pytest.mark.parametrize(("when", "unless"), TRUTH)
def test_when_and_unless_with_what_is_not_known(when: bool | None, unless: bool | None) -> None:
    held = {True: frozenset({"INV-1042"}), False: frozenset[str](), None: None}
    rule = {"when": Conditions(reference_in="a"), "unless": Conditions(reference_in="b")}
    decision, _ = decide(rules(rule), {"a": held[when], "b": held[unless]})
    applies = False if when is False or unless is True else None if None in (when, unless) else True
    assert decision == {True: REJECT, False: "accept", None: "C2B00016"}[applies]


def test_a_till_and_its_store_are_one_shortcode_and_rules_name_the_till() -> None:
    till = shortcode(number="5012345", type="till", store="600999")
    by_till = rules({"when": Conditions(shortcode=("5012345",))})
    by_store = rules({"when": Conditions(shortcode=("600999",))})
    for named in ("5012345", "600999"):
        assert decide(by_till, None, till, shortcode=named)[0] == REJECT
        assert decide(by_store, None, till, shortcode=named)[0] == "accept"


WORDS = [
    ({}, "rule 1: it decides every question"),
    ({"when": Conditions(reference=("A*", "B*"))}, "rule 1: reference is A* or B*"),
    (
        {"when": Conditions(shortcode=("600638",)), "unless": Conditions(reference_in="open")},
        "rule 1: shortcode is 600638 and reference is not in the list open",
    ),
    (
        {"unless": Conditions(reference=("X",), amount=AmountRange(Decimal("10.00"), Decimal("5E+2")))},
        "rule 1: not (reference is X and amount is from 10.00 to 500)",
    ),
    ({"unless": Conditions(amount=AmountRange(Decimal(10)))}, "rule 1: amount is not at least 10"),
    ({"unless": Conditions(reference_regex="X[0-9]")}, "rule 1: reference is not of the form X[0-9]"),
    ({"when": Conditions(payer=(PayerState.MASKED, PayerState.ABSENT))}, "rule 1: payer is masked or absent"),
]


@pytest.mark.parametrize(("rule", "words"), WORDS, ids=[words for _, words in WORDS])
def test_a_decision_tells_its_rule_in_words(rule: dict[str, Any], words: str) -> None:
    from gateway.pipeline.because import because

    assert because(rules(rule)[0]) == words


def test_the_words_fit_their_column_and_hold_nothing_of_the_payers() -> None:
    long = rules({"unless": Conditions(reference=tuple(f"PATTERN-{number}*" for number in range(100)))})
    _, because = decide(long, BillRefNumber="254708374149")
    assert len(because) <= 250
    assert because.endswith("...")
    assert "2547" not in because


def test_the_codes_of_the_schema_are_those_of_the_default() -> None:
    said = resources.schema("config.schema")["$defs"]
    codes = said["validation_rule"]["properties"]["reject"]["enum"]
    assert said["shortcode"]["properties"]["validation_default"]["enum"] == ["accept", *codes]
