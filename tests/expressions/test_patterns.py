"""Regular expressions that cannot run away."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.expressions.patterns import LONGEST_TEXT, PatternError, fits

TAKEN = [
    ("INV-[0-9]{4,6}", ["INV-1042", "INV-123456"], ["INV-104", "inv-1042", "INV-1042 ", "XINV-1042", "", None]),
    ("(?i)inv-[0-9]+", ["INV-1", "inv-42"], ["INV-"]),
    ("(INV|ORD)-?[0-9]{1,8}(/[0-9]+)?", ["INV-1", "ORD12/7"], ["INV-1/", "ABC1"]),
    ("(?:[A-Z]{2}){1,3}", ["AB", "ABCDEF"], ["A", "ABC"]),
    ("(?P<year>20[0-9]{2})/.*", ["2026/x"], ["1999/x"]),
    ("^[0-9]+$", ["0010"], ["\n", "12\n"]),
    ("(?>[0-9]+)-[0-9]++", ["1-2"], ["1-"]),
    (".*INV.*[0-9].*", ["x INV 9 y"], ["INV"]),
    ("(?:x|y)+", ["xyxy"], ["z"]),
]

RUNS_AWAY = ["(a+)+", "(a*)*b", "(a|a)*b", "(a|ab)*c", "(?:a?){20}", "(?:(?:a{2}){2,64}b?){9}", ".*.*.*.*", "a{3000}"]


@pytest.mark.parametrize(("pattern", "fitting", "others"), TAKEN, ids=[row[0] for row in TAKEN])
def test_a_pattern_has_to_fit_the_whole_reference(pattern: str, fitting: list[str], others: list[str]) -> None:
    test = fits(pattern)
    assert [text for text in fitting if not test(text)] == []
    assert [text for text in others if test(text)] == []


@pytest.mark.parametrize("pattern", RUNS_AWAY)
def test_a_pattern_that_could_run_away_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="could take too long"):
        fits(pattern)


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!TEST).*", "(?<=a)b", r"(a)\1", "(a)?(?(1)b|c)"])
def test_what_cannot_be_bounded_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="neither can be bounded"):
        fits(pattern)


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{5,2}", "a{99999999999}", "(?P<1>a)", "\\"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="is no regular expression"):
        fits(pattern)


def test_a_reference_that_is_too_long_fits_nothing() -> None:
    assert fits("a*")("a" * LONGEST_TEXT)
    assert not fits("a*")("a" * (LONGEST_TEXT + 1))


PIECES = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "^", "$", ""]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,40}", "*?", "{3,}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(PIECES, st.text(alphabet="ab", max_size=LONGEST_TEXT))
def test_what_is_taken_says_what_the_engine_says_and_ends(pattern: str, text: str) -> None:
    try:
        test = fits(pattern)
    except PatternError:
        return
    # One that runs away would need years.
    for long in (text, "a" * LONGEST_TEXT, "ab" * (LONGEST_TEXT // 2), "a" * (LONGEST_TEXT - 1) + "!"):
        assert test(long) is (re.fullmatch(pattern, long) is not None)


def fails(_pattern: str) -> Any:
    raise ImportError("there is no such parser any more")


# What a coming Python might do to a parser that it promises nobody.
PARSERS: dict[str, Callable[[str], Any]] = {
    "it is gone": fails,
    "it gives nothing": lambda _: None,
    "it gives other things": lambda _: 7,
    "other parts": lambda _: [("LITERAL", 97), ("SOMETHING_NEW", None)],
    "parts of another form": lambda _: ["LITERAL", "ANY"],
    "other arguments": lambda _: [("MAX_REPEAT", 5)],
    "fewer arguments": lambda _: [("BRANCH",)],
    "another fault": lambda _: [1 / 0],
}


@pytest.mark.parametrize("parser", PARSERS)
def test_another_parser_costs_the_patterns_and_raises_nothing_else(parser: str) -> None:
    with pytest.raises(PatternError, match="cannot be measured by this version of Python"):
        fits("INV-[0-9]+", PARSERS[parser])


def test_without_pythons_parser_the_gateway_still_starts_and_only_refuses_patterns() -> None:
    program = (
        "import re, sys; sys.modules['re._parser'] = None\n"
        "from gateway.expressions.patterns import PatternError, fits\n"
        "try: fits('INV-[0-9]+')\n"
        "except PatternError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "cannot be measured by this version of Python\n"
    assert done.stderr == ""
