"""Validation rules and lists of references, resolved to the last value."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway import resources
from gateway.domain.question import AmountRange, Conditions, PayerState, ValidationRule
from gateway.domain.references import DatabaseSource, FileSource, HttpSource, ReferenceList
from gateway.domain.settings import Secret, Settings
from gateway.settings.durations import duration_of

RULES = """\
    validation:
      - {when: {shortcode: "600638", payer: absent}, reject: C2B00011}
      - {unless: {amount: {min: "10", max: "70000.50"}}, reject: C2B00013}
      - when: {reference: "INV-*", payer: [masked, hashed]}
        unless: {reference_in: open, reference_regex: "INV-[0-9]+", amount: {max: "5"}}
        normalise: [trim, upper]
        reject: C2B00012
      - {accept: true}
"""

LISTS = """\
    references:
      open: {file: lists/open.txt, refresh: 5s, max_age: 1h, timeout: 3s, normalise: [upper]}
"""


def test_rules(settings: Callable[..., Settings], tenant: str) -> None:
    assert settings(tenant + RULES + LISTS).tenants["duka"].validation == (
        ValidationRule(1, "C2B00011", Conditions(shortcode=("600638",), payer=(PayerState.ABSENT,))),
        ValidationRule(2, "C2B00013", None, Conditions(amount=AmountRange(Decimal(10), Decimal("70000.50")))),
        ValidationRule(
            3,
            "C2B00012",
            Conditions(reference=("INV-*",), payer=(PayerState.MASKED, PayerState.HASHED)),
            Conditions(reference_in="open", reference_regex="INV-[0-9]+", amount=AmountRange(None, Decimal(5))),
            ("trim", "upper"),
        ),
        ValidationRule(4, "accept"),
    )


@pytest.mark.parametrize(("written", "rules"), [("", None), ("    validation: []\n", ())])
def test_no_rules_is_not_the_same_as_none_that_applies(
    settings: Callable[..., Settings], tenant: str, written: str, rules: object
) -> None:
    assert settings(tenant + written).tenants["duka"].validation == rules


def test_the_rule_of_the_contract(settings: Callable[..., Settings], tenant: str) -> None:
    found = settings(tenant + '    validation:\n      - {unless: {reference: "INV-*"}, reject: C2B00012}\n')
    assert found.tenants["duka"].validation == (ValidationRule(1, "C2B00012", None, Conditions(reference=("INV-*",))),)


USED = "    validation: [{unless: {reference_in: open}, reject: C2B00012}]\n"


def the_list(settings: Settings) -> ReferenceList:
    return settings.tenants["duka"].references["open"]


def test_a_file(settings: Callable[..., Settings], tenant: str, tmp_path: Path) -> None:
    assert the_list(settings(tenant + USED + LISTS)) == ReferenceList(
        "open",
        "duka",
        FileSource(f"{tmp_path}/lists/open.txt"),
        timedelta(seconds=5),
        timedelta(hours=1),
        timedelta(seconds=3),
        ("upper",),
    )


def test_one_list_needs_no_name(settings: Callable[..., Settings], tenant: str, tmp_path: Path) -> None:
    found = settings(tenant + USED + "    references: {file: open.txt, refresh: 60s}\n").tenants["duka"].references
    assert found == {"open": ReferenceList("open", "duka", FileSource(f"{tmp_path}/open.txt"))}


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("sqlite:///erp.db", "sqlite:///{folder}/erp.db"),
        ("sqlite:////var/erp.db", "sqlite:////var/erp.db"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("{env: STORE_URL}", "postgresql://u:hunter2@db/x"),
    ],
)
def test_a_database(settings: Callable[..., Settings], tenant: str, tmp_path: Path, url: str, resolved: str) -> None:
    written = f"    references: {{open: {{database: {{url: {url if '{' in url else repr(url)}, query: SELECT 1}}}}}}\n"
    source = the_list(settings(tenant + USED + written)).source
    assert source == DatabaseSource(Secret(resolved.format(folder=tmp_path)), "SELECT 1")


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("{bearer: {env: ERP_TOKEN}}", ("Authorization", "Bearer S3cretToken")),
        ("{basic: {user: me, password: {env: ERP_TOKEN}}}", ("Authorization", "Basic bWU6UzNjcmV0VG9rZW4=")),
        ("{header: {name: X-Api-Key, value: {env: ERP_TOKEN}}}", ("X-Api-Key", "S3cretToken")),
    ],
)
def test_an_address(settings: Callable[..., Settings], tenant: str, auth: str, header: tuple[str, str]) -> None:
    written = (
        f"    references: {{open: {{http: {{url: https://erp.example/o, items: data, field: name, auth: {auth}}}}}}}\n"
    )
    source = the_list(settings(tenant + USED + written)).source
    assert source == HttpSource("https://erp.example/o", (header[0], Secret(header[1])), "data", "name")
    assert "S3cret" not in repr(source)


def test_paths_are_relative_to_the_included_file(
    settings: Callable[..., Settings], tenant: str, tmp_path: Path
) -> None:
    body = "\n".join(line[4:] for line in (tenant + USED + LISTS).splitlines()[3:])
    found = settings("version: 1\ninclude: [tenants/*.yaml]\n", **{"tenants/duka.yaml": body + "\n"})
    assert the_list(found).source == FileSource(f"{tmp_path}/tenants/lists/open.txt")


def test_the_defaults_of_the_schema_are_those_of_the_domain() -> None:
    said = resources.schema("config.schema")["$defs"]["reference_list"]["properties"]
    domain = ReferenceList("", "", FileSource(""))
    assert duration_of(said["refresh"]["default"]) == domain.refresh
    assert duration_of(said["max_age"]["default"]) == domain.max_age
    assert duration_of(said["timeout"]["default"]) == domain.timeout
    assert tuple(said["normalise"]["default"]) == domain.normalise
