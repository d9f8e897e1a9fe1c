"""${NAME} in text values."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.domain.settings import Settings
from gateway.settings import Known, Loaded, load
from gateway.settings.document import Document
from gateway.settings.interpolate import interpolate
from gateway.settings.places import Place

ENVIRON = {"NAME": "Duka", "EMPTY": "", "YAML": "a: [b]\n- c", "DOLLAR": "${NAME}"}


def result(text: str) -> tuple[object, list[str]]:
    document = interpolate(Document(text, {(): Place("a.yaml", 1, 1)}), ENVIRON)
    return document.value, [f"{flaw.message} {flaw.remedy}" for flaw in document.flaws]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${NAME}", "Duka"),
        ("a${NAME}b${NAME}", "aDukabDuka"),
        ("${NAME:-other}", "Duka"),
        ("${NONE:-other}", "other"),
        ("${NONE:-}", ""),
        ("${EMPTY}", ""),
        ("${EMPTY:-other}", "other"),
        ("${NAME:?needed}", "Duka"),
        ("$${NAME}", "${NAME}"),
        ("$$${NAME}", "$${NAME}"),
        ("$NAME", "$NAME"),
        ("{{ receipt }} costs $5", "{{ receipt }} costs $5"),
        # What a variable holds is text and nothing else.
        ("${YAML}", "a: [b]\n- c"),
        ("${DOLLAR}", "${NAME}"),
    ],
)
def test_a_value(text: str, value: str) -> None:
    assert result(text) == (value, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${NONE}", "the environment variable NONE is not set. Set NONE, or write ${NONE:-default}."),
        ("${NONE:?}", "the environment variable NONE is not set. Set NONE."),
        ("${NONE:?Name the host.}", "the environment variable NONE is not set. Name the host."),
        ("${EMPTY:?Name it}", "the environment variable EMPTY is not set. Name it."),
        ("${", "${ does not begin a variable's name here. Write ${NAME}, or $${ for ${ itself."),
        ("${1A}", "${ does not begin a variable's name here. Write ${NAME}, or $${ for ${ itself."),
        ("${NAME", "${ does not begin a variable's name here. Write ${NAME}, or $${ for ${ itself."),
        ("${NAME-x}", "${ does not begin a variable's name here. Write ${NAME}, or $${ for ${ itself."),
    ],
)
def test_a_mistake(text: str, told: str) -> None:
    assert result(text) == ("", [told])


def test_keys_are_left_alone(loaded: Callable[..., Loaded], tenant: str) -> None:
    (problem,) = loaded(tenant + "${DUKA_KEY}: x\n").problems
    assert problem.key == '"${DUKA_KEY}"'


def test_a_variable_cannot_bring_yaml(tmp_path: Path, known: Known, tenant: str) -> None:
    path = tmp_path / "pesagate.yaml"
    path.write_text(tenant + "    name: ${EVIL}\n")
    evil = "x\n    routes: []\nstore: {}"
    found = load(path, known, {"DUKA_KEY": "d" * 22, "EVIL": evil}).settings
    assert found is not None
    assert found.tenants["duka"].name == evil


def test_a_variable_can_hold_a_number_or_a_truth_where_one_is_wanted(
    settings: Callable[..., Settings], with_destination: Callable[[str], str]
) -> None:
    text = with_destination("flag: '${F:-true}', rank: '${R:-5}', with: {id: '${R:-5}'}")
    found = settings(text + "server: {workers: '${W:-8}'}\n")
    own = found.tenants["duka"].destinations["erp"].settings
    assert found.server.workers == 8
    assert (own["flag"], own["rank"], own["with"]) == (True, 5, {"id": "5"})


def test_a_secret_from_a_variable_is_no_secret_in_plain_text(settings: Callable[..., Settings], tenant: str) -> None:
    found = settings(tenant.replace("{env: DUKA_KEY}", '"${DUKA_KEY}"'))
    assert found.tenants["duka"].shortcodes["600638"].keys[0].secret.reveal() == "duka" * 6
