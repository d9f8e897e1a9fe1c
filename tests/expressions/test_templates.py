"""Templates: what they give, what they refuse, and the sentence of each mistake."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.expressions.filters import FILTERS
from gateway.expressions.templates import (
    LONGEST,
    CannotRender,
    FaultyTemplate,
    compile_expression,
    compile_template,
)

PAYMENT: dict[str, Any] = {
    "receipt": "UKO1A2B3C4",
    "amount": "1500.00",
    "account_reference": 'INV-7 & <co> "x"',
    "payer": {"name": "=cmd|'x'", "msisdn": "254712345678", "items": 3},
    "payee": None,
    "occurred_at": "2026-11-24T00:30:00+03:00",
    "sources": ["a", "b"],
    "none": None,
}


_GIVEN = {"cut": "(2)", "replace": "('a', 'b')"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ receipt }}", "UKO1A2B3C4"),
        ("M-Pesa {{ receipt }}.\n", "M-Pesa UKO1A2B3C4.\n"),
        ("[{{ none }}]", "[]"),
        ("[{{ payee.name.first }}]", "[]"),
        ("{{ none | default('-') }}{{ nowhere | d('?') }}", "-?"),
        ("{{ none | upper }}", ""),
        ("{{ payer.items }}", "3"),
        ("{{ amount | number }}", "1500.00"),
        ("{{ (amount | number) * 0.16 }}", "240.0000"),
        ("{{ 1 / 4 }} {{ 7 // 2 }} {{ 7 % 2 }}", "0.25 3 1"),
        ("{{ ((amount | number) * 0.16) | decimals }}", "240.00"),
        ("{{ amount | cents }} {{ amount | int }}", "150000 1500"),
        ("{{ '-3' | abs }}", "3"),
        ("{{ occurred_at | date }} {{ occurred_at | time('%H:%M') }}", "2026-11-24 00:30"),
        ("{{ '2026-11-23T21:30:00+00:00' | date('%d/%m/%Y') }}", "24/11/2026"),
        ("{{ occurred_at | local('UTC') | date }}", "2026-11-23"),
        ("{{ payer.msisdn | msisdn('local') }} {{ payer.msisdn | msisdn('plus') }}", "0712345678 +254712345678"),
        ("{{ payer.msisdn | msisdn('masked') }} {{ '2547****678' | msisdn('local') }}", "2547***678 2547****678"),
        ("{{ account_reference | xml }}", "INV-7 &amp; &lt;co&gt; &quot;x&quot;"),
        ("{{ 'a\x00\ud800b' | xml }}", "ab"),
        ("{{ payer.name | csv }},{{ '-12.50' | csv }}", '"\'=cmd|\'x\'","-12.50"'),
        ("{{ account_reference | csv }}", '"INV-7 & <co> ""x"""'),
        ("{{ account_reference | urlencode }}", "INV-7%20%26%20%3Cco%3E%20%22x%22"),
        ("{{ sources | join('-') }} {{ 'a-b' | split('-') | last }} {{ sources | first }}", "a-b b a"),
        ("{{ {'n': amount | number, 'x': none} | tojson }}", '{"n":1500.00,"x":null}'),
        ("{{ [['a', '=', receipt]] | tojson | b64url }}", "W1siYSIsIj0iLCJVS08xQTJCM0M0Il1d"),
        ("{{ receipt | b64 }} {{ receipt | cut(3) }} {{ receipt | length }}", "VUtPMUEyQjNDNA== UKO 10"),
        (
            "{{ receipt | uuid5 }} {{ receipt | uuid5hex }}",
            "2214927f-9f05-5834-b124-d40c7c2120f7 2214927f9f055834b124d40c7c2120f7",
        ),
        ("{{ receipt is startingwith('UK') }} {{ receipt is endingwith('UK') }}", "true false"),
        ("{{ receipt is matching('UK*4') and none is none and nowhere is undefined }}", "true"),
        ("{{ 'yes' if receipt in ['UKO1A2B3C4'] else 'no' }}", "yes"),
        ("{{ receipt[0:2] }}{{ sources[1] }}{{ sources['1'] | d('.') }}", "UKb."),
        ("{{ ' a ' | trim | upper | lower | title | replace('A', 'bc') | string }}", "bc"),
        ("{# nobody sees this #}{{ '{{ receipt }}' }}", "{{ receipt }}"),
    ],
)
def test_a_template_gives_text(template: str, text: str) -> None:
    assert compile_template(template).render(PAYMENT) == text


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ amount | number }}", Decimal("1500.00")),
        ("  {{ none }} ", None),
        ("{{ payee.name }}", None),
        ("{{ sources }}", ["a", "b"]),
        ("{{ none is none }}", True),
        ("{{ 3 }}", 3),
        ("{{ 0.1 + 0.2 }}", Decimal("0.3")),
        ("{{ {'a': [amount | number]} }}", {"a": [Decimal("1500.00")]}),
        ("x{{ none }}", "x"),
        ("plain", "plain"),
        ("{{ 1 }}{{ 2 }}", "12"),
    ],
)
def test_one_expression_keeps_its_kind(template: str, value: object) -> None:
    found = compile_template(template).value(PAYMENT)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{% for x in y %}{% endfor %}", "holds a statement ({% ... %}); templates have {{ expressions }} only"),
        ("{% set x = 1 %}", "holds a statement ({% ... %}); templates have {{ expressions }} only"),
        ("{{ range(9) }}", "holds a call; use a filter, as in {{ receipt | lower }}"),
        ("{{ receipt.upper() }}", "holds a call; use a filter, as in {{ receipt | lower }}"),
        ("{{ 9 ** 9 }}", "holds **; templates have + - * / // %"),
        ("{{ self }}", "takes the name 'self', which no event has"),
        ("{{ _x }}", "takes the name '_x', which no event has"),
        ("{{ receipt | lwoer }}", "uses the filter 'lwoer', which there is not; did you mean 'lower'?"),
        ("{{ receipt is odd }}", "uses the test 'odd', which there is not; there are defined, endingwith,"),
        ("{{ recipt }}", "takes the name 'recipt', which there is not; did you mean 'receipt'?"),
        ("{{ receipt", "is no template: unexpected end of template"),
        ("{{ }}", "is no template: "),
        ("{{ " + "(" * 500 + "1" + ")" * 500 + " }}", "nested too deeply"),
    ],
)
def test_a_mistake_is_told(template: str, sentence: str) -> None:
    with pytest.raises(FaultyTemplate) as caught:
        compile_template(template, names=PAYMENT)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ nowhere }}", "cannot be worked out: 'nowhere' is undefined"),
        ("{{ receipt.upper }}", "cannot be worked out: it looks for what the value has not"),
        ("{{ payer.__class__ }}", "cannot be worked out: it looks for what the value has not"),
        ("{{ [nowhere] }}", "cannot be worked out"),
        ("{{ 'x' * 300000000 }}", "* takes numbers only"),
        ("{{ '%9999999d' % 1 }}", "% takes numbers only"),
        ("{{ payer.name | number }}", "`number` cannot read a number in the value"),
        ("{{ 'NaN' | number }}", "`number` cannot read a number in the value"),
        ("{{ true | number }}", "`number` takes no true or false"),
        ("{{ '1.005' | decimals(2) }}", "`decimals(2)` would have to round the value"),
        ("{{ '1.005' | cents }}", "`cents` takes at most two decimals"),
        ("{{ '1.5' | int }}", "`int` takes whole numbers only"),
        ("{{ '1e999999' | int }}", "`int` takes whole numbers only"),
        ("{{ payer.name | date }}", "`date` cannot read a time in the value"),
        ("{{ occurred_at | date('%99999d') }}", "`date` takes a format of % and one letter each"),
        ("{{ occurred_at | local('Kenya/Nowhere') }}", "`local` knows no time zone of that name"),
        ("{{ payer.msisdn | msisdn('short') }}", "`msisdn` knows the forms plain, plus, local, masked"),
        ("{{ receipt | uuid5('x') }}", "`uuid5` takes a UUID as its namespace"),
        ("{{ receipt | split('') }}", "`split` needs a separator"),
        ("{{ receipt | replace('', 'x') }}", "`replace` needs a text to look for"),
        ("{{ 1 / 0 }}", "cannot be worked out (DivisionByZero)"),
        ("{{ receipt + 1 }}", "cannot be worked out (TypeError)"),
    ],
)
def test_what_cannot_be_worked_out_is_told_without_the_payer(template: str, sentence: str) -> None:
    compiled = compile_template(template)
    with pytest.raises(CannotRender) as caught:
        compiled.value(PAYMENT)
    assert sentence in str(caught.value)
    assert [fact for fact in ("cmd|", "254712345678") if fact in str(caught.value)] == []


def test_an_expression_stands_without_braces() -> None:
    assert compile_expression("amount | number > 1000").value(PAYMENT) is True
    with pytest.raises(FaultyTemplate, match="leave out the braces"):
        compile_expression("{{ amount }}")


def test_the_output_is_bounded() -> None:
    long = {"receipt": "x" * (LONGEST // 2)}
    assert len(compile_template("{{ receipt }}{{ receipt }}").render(long)) == LONGEST
    with pytest.raises(CannotRender, match="more than 262144 characters"):
        compile_template("{{ receipt }}{{ receipt }}!").render(long)


def test_names_are_told() -> None:
    assert compile_template("{{ payer.name }} {{ receipt | default(amount) }}").names == {"payer", "receipt", "amount"}


@given(st.text())
def test_whatever_a_payer_types_is_a_value_and_never_a_template(typed: str) -> None:
    assert compile_template("<{{ account_reference }}>").render({"account_reference": typed}) == f"<{typed}>"


@given(st.text(), st.sampled_from(sorted(FILTERS)))
def test_no_value_makes_a_filter_fail_in_another_way(typed: str, name: str) -> None:
    template = compile_template(f"{{{{ x | {name}{_GIVEN.get(name, '')} }}}}")
    for value in (typed, None, 3, Decimal("1.50"), [typed], {"a": typed}):
        try:
            template.render({"x": value})
        except CannotRender:
            continue


@given(st.text(alphabet="{}% abcreceipt|.()[]*+-'\"#", max_size=40))
def test_no_text_makes_compiling_fail_in_another_way(text: str) -> None:
    try:
        compile_template(text).render(PAYMENT)
    except (FaultyTemplate, CannotRender):
        return


def test_every_filter_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/templates.md").read_text("utf-8")
    assert [name for name in FILTERS if f"`{name}`" not in page and f"`{name}(" not in page] == []
