"""Recipes of destinations: parameters go where they are named, what stands beside is on top, no secret is shown."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import registry, resources
from gateway.domain.settings import Destination, Secret, Settings
from gateway.settings import Known, Loaded, effective
from gateway.settings.adapters import Adapters
from gateway.settings.markers import SECRET, marked
from gateway.settings.places import dotted

NAMES = resources.recipes("destinations")
ODOO = "adapter: http, recipe: odoo-19, url: https://erp.example"
WITH = "with: {api_key: {env: ERP_TOKEN}, database: prod, journal: 8}"


@pytest.fixture
def known() -> Known:
    """The adapters as they are shipped: recipes are written for them."""
    return Known(("stk", "c2b-confirmation"), registry.names(), registry.schema_of)


def of(tenant: str, *destinations: str) -> str:
    """Return a configuration whose destinations erp, erp2, ... say this."""
    names = [f"erp{number or ''}" for number in range(len(destinations))]
    lines = [f"      {name}: {{{body}}}\n" for name, body in zip(names, destinations, strict=True)]
    return f"{tenant}    destinations:\n{''.join(lines)}    routes:\n      - {{to: [{', '.join(names)}]}}\n"


@pytest.fixture
def built(settings: Callable[..., Settings], tenant: str) -> Callable[..., Destination]:
    """Return the destination of a body that has no problem at all."""

    def build(body: str) -> Destination:
        return settings(of(tenant, body)).tenants["duka"].destinations["erp"]

    return build


def recipe(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(resources.recipe("destinations", name).read_text("utf-8"))
    return loaded


def test_parameters_go_where_the_recipe_names_them(built: Callable[..., Destination]) -> None:
    erp = built(f"{ODOO}, {WITH}")
    assert erp.adapter == "http"
    assert erp.settings["auth"] == {"bearer": Secret("S3cretToken")}
    assert erp.settings["with"] == {"database": "prod", "journal": 8}
    assert erp.settings["steps"] == recipe("odoo-19")["destination"]["steps"]
    assert "recipe" not in erp.settings


def test_the_adapter_need_not_be_told_twice(built: Callable[..., Destination]) -> None:
    assert built(f"{ODOO}, {WITH}".replace("adapter: http, ", "")) == built(f"{ODOO}, {WITH}")


def test_a_default_of_the_recipe_gives_way(built: Callable[..., Destination]) -> None:
    given = "adapter: http, recipe: tally, url: https://tally.example, with: {company: D, account: M, ledger: S"
    assert built(given + "}").settings["with"]["voucher_type"] == "Receipt"
    assert built(given + ", voucher_type: Mpesa}").settings["with"]["voucher_type"] == "Mpesa"


def test_a_secret_parameter_is_out_of_reach_of_templates(built: Callable[..., Destination]) -> None:
    given = f"adapter: http, recipe: odoo-14-18, url: https://erp.example, {WITH.replace('}, d', '}, user: 2, d')}"
    erp = built(given)
    assert erp.settings["with"] == {"user": 2, "database": "prod", "journal": 8}
    assert erp.settings["secrets"] == {"api_key": Secret("S3cretToken")}


def test_a_parameter_may_come_from_a_variable(
    settings: Callable[..., Settings], tenant: str, environ: dict[str, str]
) -> None:
    environ["JOURNAL"] = "8"
    found = settings(of(tenant, f"{ODOO}, {WITH}".replace("journal: 8", 'journal: "${JOURNAL}"')))
    assert found.tenants["duka"].destinations["erp"].settings["with"]["journal"] == "8"


def test_a_header_beside_the_recipe_joins_its_own(built: Callable[..., Destination]) -> None:
    erp = built(f"{ODOO}, {WITH}, headers: {{X-Site: nairobi}}")
    assert erp.settings["headers"] == {"X-Odoo-Database": "{{ with.database }}", "X-Site": "nairobi"}
    erp = built(f"{ODOO}, {WITH}, headers: {{X-Odoo-Database: other}}")
    assert erp.settings["headers"] == {"X-Odoo-Database": "other"}


def test_another_auth_takes_the_place_of_the_recipes(built: Callable[..., Destination]) -> None:
    # Its parameter is then of no use, and nobody has to make one up.
    erp = built(
        f"{ODOO}, auth: {{basic: {{user: me, password: {{env: ERP_TOKEN}}}}}}, with: {{database: p, journal: 8}}"
    )
    assert erp.settings["auth"] == {"basic": {"user": "me", "password": Secret("S3cretToken")}}


def test_another_probe_takes_the_place_of_the_recipes(built: Callable[..., Destination]) -> None:
    # The recipe's is a POST with a body: joined to it, this one would have two methods.
    assert built(f"{ODOO}, {WITH}, probe: {{get: /web/health}}").settings["probe"] == {"get": "/web/health"}
    assert built(f"{ODOO}, {WITH}, probe: false").settings["probe"] is False


def test_steps_are_replaced_as_a_whole(built: Callable[..., Destination]) -> None:
    erp = built(f"{ODOO}, {WITH}, steps: [{{name: a, post: /a, idempotent: true}}]")
    assert erp.settings["steps"] == [{"name": "a", "post": "/a", "idempotent": True}]


def test_retry_and_further_keys_stand_beside_the_recipe(built: Callable[..., Destination]) -> None:
    erp = built(f"{ODOO}, {WITH}, retry: {{schedule: [1m]}}, timeout: 30s, allow_private: true")
    assert [wait.total_seconds() for wait in erp.retry.waits] == [60]
    assert (erp.settings["timeout"].total_seconds(), erp.settings["allow_private"]) == (30, True)


def test_two_destinations_with_the_same_recipe_share_nothing(settings: Callable[..., Settings], tenant: str) -> None:
    other = WITH.replace("8", "9").replace("ERP_TOKEN", "OTHER_KEY")
    found = settings(of(tenant, f"{ODOO}, {WITH}", f"{ODOO}, {other}, headers: {{X-Site: nairobi}}"))
    first, second = (found.tenants["duka"].destinations[name].settings for name in ("erp", "erp1"))
    assert (first["with"]["journal"], second["with"]["journal"]) == (8, 9)
    assert (first["auth"]["bearer"].reveal(), second["auth"]["bearer"].reveal()) == ("S3cretToken", "other" * 5)
    assert (len(first["headers"]), len(second["headers"])) == (1, 2)


def test_a_tenants_own_file_takes_a_recipe_and_its_paths_are_its_own(settings: Callable[..., Settings]) -> None:
    soko = (
        'shortcodes: {"5012345": {type: till, key: {env: OTHER_KEY}, allow_from: safaricom}}\n'
        f"destinations:\n  erp: {{{ODOO}, {WITH.replace('env: ERP_TOKEN', 'file: secrets/odoo')}}}\n"
        "routes: [{to: erp}]\n"
    )
    files = {"tenants/soko.yaml": soko, "tenants/secrets/odoo": "of-soko"}
    found = settings("version: 1\ninclude: [tenants/*.yaml]\n", **files)
    assert found.tenants["soko"].destinations["erp"].settings["auth"]["bearer"].reveal() == "of-soko"


def test_a_recipe_that_changes_is_another_configuration(settings: Callable[..., Settings], tenant: str) -> None:
    # The digest tells that the processes run with different ones.
    digests = {settings(of(tenant, body)).digest for body in (f"{ODOO}, {WITH}", f"{ODOO}, {WITH}, timeout: 9s")}
    assert len(digests) == 2


def test_a_value_in_place_of_the_recipes_is_shown_as_it_is_written(loaded: Callable[..., Loaded], tenant: str) -> None:
    # The recipe has `allow_private: true`; that text is not what stands here.
    given = "adapter: http, recipe: tally, url: https://tally.example, allow_private: 7"
    (problem,) = loaded(of(tenant, f"{given}, with: {{company: D, account: M, ledger: S}}")).problems
    assert problem.message == "must be true or false, not 7."


def test_config_show_tells_what_is_the_recipes_and_what_the_users(
    settings: Callable[..., Settings], tenant: str, known: Known, environ: dict[str, str]
) -> None:
    path = settings(of(tenant, f"{ODOO}, {WITH}, timeout: 9s")).path
    entries = {dotted(entry.steps): entry for entry in effective(path, known, environ)}
    erp = "tenants.duka.destinations.erp"
    shipped = str(resources.recipe("destinations", "odoo-19"))
    for key, value, file in (
        ("auth.bearer", {"env": "ERP_TOKEN"}, str(path)),
        ("with.journal", 8, str(path)),
        ("timeout", "9s", str(path)),
        ("steps[0].name", "book", shipped),
        ("headers.X-Odoo-Database", "{{ with.database }}", shipped),
    ):
        entry = entries[f"{erp}.{key}"]
        assert entry.place is not None
        assert (entry.value, entry.place.file) == (value, file), key


def test_config_show_hides_a_secret_parameter_that_is_written_out(
    loaded: Callable[..., Loaded], tenant: str, tmp_path: Path, known: Known, environ: dict[str, str]
) -> None:
    loaded(of(tenant, f"{ODOO}, {WITH.replace('{env: ERP_TOKEN}', 'hunter2')}"))
    shown = [entry.value for entry in effective(tmp_path / "pesagate.yaml", known, environ)]
    assert "hunter2" not in shown
    assert "***" in shown


def inside(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from inside(inner)


@pytest.mark.parametrize("name", NAMES)
def test_exactly_the_parameters_that_go_to_secret_places_are_secrets(name: str, known: Known) -> None:
    """A secret that is not declared so would be shown, one that is no secret could not be taken by templates."""
    shipped = recipe(name)
    adapter = shipped["destination"]["adapter"]
    own = {key: value for key, value in shipped["destination"].items() if key != "adapter"}
    asked = shipped.get("parameters") or {}
    # Something for each marker that says which one it was.
    names = {f"parameter-{key}": key for key in asked}
    filled = with_names(own)
    places = [steps for steps, mark, _ in marked(Adapters(known).validator(adapter), filled) if mark == SECRET]
    found = {names[value] for steps in places if (value := at(filled, steps)) in names}
    assert found == {key for key, about in asked.items() if about.get("secret")}


def with_names(value: Any) -> Any:
    if isinstance(value, dict):
        only = value.get("with") if len(value) == 1 else None
        return f"parameter-{only}" if only else {key: with_names(inner) for key, inner in value.items()}
    return [with_names(inner) for inner in value] if isinstance(value, list) else value


def at(value: Any, steps: tuple[Any, ...]) -> Any:
    for step in steps:
        value = value[step]
    return value


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_described_and_used(name: str) -> None:
    shipped = recipe(name)
    texts = [value for value in inside(shipped["destination"]) if isinstance(value, str)]
    markers = [value["with"] for value in inside(shipped["destination"]) if isinstance(value, dict) and "with" in value]
    for parameter, about in (shipped.get("parameters") or {}).items():
        assert set(about) <= {"description", "default", "secret"}, parameter
        assert about["description"]
        assert parameter in markers or any(f"with.{parameter}" in text for text in texts), parameter


def test_the_schema_proposes_every_recipe() -> None:
    about = resources.schema("config.schema")["$defs"]["destination"]["properties"]["recipe"]
    assert about["examples"] == list(NAMES)
