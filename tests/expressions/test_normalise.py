"""Small repairs of a reference, in the order that is asked for."""

import pytest

from gateway.expressions.normalise import STEPS, normaliser


@pytest.mark.parametrize(
    ("names", "text", "made"),
    [
        ([], " inv-1 ", " inv-1 "),
        (["trim"], " inv 1\t", "inv 1"),
        (["upper"], "inv-1é", "INV-1É"),
        (["lower"], "INV-1", "inv-1"),
        (["strip_hash"], "#1042#", "1042"),
        (["strip_hash"], "10#42", "10#42"),
        (["collapse_blanks"], "JOHN   DOE  7", "JOHN DOE 7"),
        (["strip_hash", "trim"], "# 1042", "1042"),
        (["trim", "strip_hash"], " #1042", "1042"),
        (["strip_hash", "trim"], " #1042", "#1042"),
        (["trim"], "   ", None),
        (["strip_hash"], "##", None),
        (["upper", "trim"], None, None),
        (["trim"], "", None),
    ],
)
def test_normalise(names: list[str], text: str | None, made: str | None) -> None:
    assert normaliser(names)(text) == made


def test_every_step_is_one_that_the_configuration_knows() -> None:
    from gateway import resources

    assert list(STEPS) == resources.schema("config.schema")["$defs"]["normalise"]["items"]["enum"]
