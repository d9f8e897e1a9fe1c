"""Picks: what they give, and the sentence of each mistake."""

from decimal import Decimal

import pytest

from gateway.expressions.picks import CannotPick, FaultyPick, compile_pick

DOCUMENT = {"a": {"b": [{"c": 1}, {"c": Decimal("2.50")}]}, "code": "0", "none": None}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a.b[1].c", Decimal("2.50")),
        ("a.b[9].c", None),
        ("nothing.at.all", None),
        ("'UGX'", "UGX"),
        ("none || code", "0"),
        ("code == '0' && a.b[0].c || `null`", 1),
        ("code == '1' && a.b[0].c || `null`", None),
        ("contains(['0', 'INS-0'], code)", True),
    ],
)
def test_an_expression_gives_a_value(expression: str, value: object) -> None:
    assert compile_pick(expression)(DOCUMENT) == value


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("a.[", "'a.[' is no JMESPath expression: it cannot be read to its end"),
        ("a b", "'a b' is no JMESPath expression: it cannot be read from character 3 on"),
        ("#", "'#' is no JMESPath expression: it cannot be read from character 1 on"),
        ("", "'' is no JMESPath expression"),
        ("a.money(@)", "'a.money(@)' calls money(), and JMESPath has no such function"),
    ],
)
def test_a_mistake_is_told(expression: str, sentence: str) -> None:
    with pytest.raises(FaultyPick) as caught:
        compile_pick(expression)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("expression", ["!a.b", "code == '0' && !a.b[0].c", "a.b[?!c.d]"])
def test_a_negation_that_binds_before_the_dot_is_refused(expression: str) -> None:
    """In JMESPath !a.b is (!a).b: always null, so that such a predicate was never true."""
    with pytest.raises(FaultyPick, match="negates before it looks inside"):
        compile_pick(expression)
    assert compile_pick("!(a.x)")(DOCUMENT) is True
    assert compile_pick("!none")(DOCUMENT) is True


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("status == `200` && body.ids[?x == y].z", {"status", "body"}),
        ("contains(body.a || '', headers.b) | [0].c", {"body", "headers"}),
        ("sort_by(body.x, &when)[0]", {"body"}),
        ("{a: body.x, b: [status, body.y]}", {"body", "status"}),
        ("@", set()),
    ],
)
def test_the_names_that_it_takes_from_the_document(expression: str, names: set[str]) -> None:
    assert compile_pick(expression, ("status", "headers", "body")).names == names


def test_a_name_that_there_is_not_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(FaultyPick) as caught:
        compile_pick("bdy.ids", ("status", "headers", "body"))
    assert str(caught.value) == "'bdy.ids' takes the name 'bdy', which there is not; did you mean 'body'?"


def test_a_function_on_what_it_does_not_take_says_so_without_the_value() -> None:
    with pytest.raises(CannotPick) as caught:
        compile_pick("sum(code)")(DOCUMENT)
    assert str(caught.value) == "the expression 'sum(code)' cannot be worked out"
