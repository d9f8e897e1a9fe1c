"""YAML: what is a number, what is repeated, and that both of PyYAML's parsers are told alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from config_file import as_yaml

from gateway.domain.settings import Settings
from gateway.settings.document import document_of
from gateway.settings.files import read
from gateway.settings.places import Place
from gateway.settings.yaml_faults import NotYamlError
from gateway.settings.yaml_nodes import compose

BROKEN = Path(__file__).parents[1] / "config" / "broken"
PARSERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]


def value(text: str, parser: Any = yaml.SafeLoader) -> Any:
    node = compose(text, parser)
    assert node is not None
    document = document_of(node, "a.yaml")
    assert [flaw.message for flaw in document.flaws] == []
    return document.value


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("7", 7),
        ("-7", -7),
        ("1.5", 1.5),
        ("0600638", 600638),
        ("010", 8),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("10:30", 630),
        ("00:15", 15),
        ("-1:30", -90),
        ("true", True),
        ("Off", False),
        ("~", None),
        ("", None),
        ("2026-01-01", "2026-01-01"),
        ("=", "="),
        ('"7"', "7"),
        ("'7'", "7"),
        ("!!str 7", "7"),
        ("! 7", "7"),
        ("INV-*", "INV-*"),
        ("1e5", "1e5"),
        ("127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)
def test_a_scalar(parser: Any, text: str, wanted: object) -> None:
    found = value(f"a: {text}", parser)["a"]
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize("text", ["9" * 5000, "1." + "9" * 5000, ".inf", "1" + ":0" * 5000, "0x" + "f" * 5000])
def test_a_number_beyond_reason_is_infinity(text: str) -> None:
    assert value(f"a: {text}") == {"a": float("inf")}


@pytest.mark.parametrize("parser", PARSERS)
def test_anchors_and_merge_keys(parser: Any) -> None:
    text = """
base: &base {a: 1, b: 2}
more: &more {c: 3, <<: *base, b: 4}
both: {<<: [*more, *base], a: 5}
same: [*base, *base]
"""
    assert value(text, parser) == {
        "base": {"a": 1, "b": 2},
        "more": {"c": 3, "b": 4, "a": 1},
        "both": {"a": 5, "c": 3, "b": 4},
        "same": [{"a": 1, "b": 2}, {"a": 1, "b": 2}],
    }


def test_merging_a_long_list_many_times_is_bounded() -> None:
    text = "e: &e {}\nl: &l [" + "*e, " * 1000 + "]\n" + "".join(f"k{i}: {{<<: *l}}\n" for i in range(1000))
    with pytest.raises(NotYamlError, match="aliases"):
        value(text)


def test_many_plain_values_are_no_bomb() -> None:
    assert len(value("[" + "a, " * 150_000 + "a]")) == 150_001


def test_every_value_and_key_has_its_place() -> None:
    node = compose('a: &x\n  - "b"\n  - c: d\ne: *x\n')
    assert node is not None
    document = document_of(node, "a.yaml")
    assert document.places[("a", 0)] == Place("a.yaml", 2, 5)
    assert document.places[("a", 1, "c")] == Place("a.yaml", 3, 8)
    assert document.key_places[("a", 1, "c")] == Place("a.yaml", 3, 5)
    assert document.key_places[("e",)] == Place("a.yaml", 4, 1)
    # What comes through an alias is mended where it is written.
    assert document.places[("e", 0)] == Place("a.yaml", 2, 5)


def test_columns_count_characters_and_not_bytes() -> None:
    node = compose("é€𝄞: b")
    assert node is not None
    assert document_of(node, "a.yaml").places[("é€𝄞",)].column == 6


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: b\r\n")
    document = read(path).document
    assert document is not None
    assert document.value == {"a": "b"}
    assert document.key_places[("a",)].column == 1


@pytest.mark.parametrize(
    "name",
    ["tab_indent", "unclosed_quote", "unclosed_list", "colon_in_value", "at_sign", "unknown_alias", "two_documents"],
)
def test_both_parsers_are_told_alike(name: str) -> None:
    text = (BROKEN / f"{name}.yaml").read_text("utf-8")
    told = []
    for parser in PARSERS:
        with pytest.raises(NotYamlError) as caught:
            compose(text, parser)
        told.append((caught.value.line, caught.value.column, caught.value.message, caught.value.remedy))
    assert len(set(told)) == 1


def test_a_tenant_may_be_called_no(settings: Callable[..., Settings], tenant: str) -> None:
    assert list(settings(tenant.replace("duka:", "no:")).tenants) == ["no"]


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", ["00:11", "02:30", "10:30", "0999", "0600638", "7", "INV-7", "true"])
def test_a_written_configuration_keeps_a_time_of_the_day_as_text(parser: Any, text: str) -> None:
    assert value(as_yaml({"a": text}), parser) == {"a": text}
