"""Every recorded body, and what it is."""

import re

import jsonschema
import pytest
from arrivals import arrival, callback, hook
from corpus import NAMES, PAYLOADS, body_of, expected_of, outcome_of, receive_recorded
from declared import DECLARED

from gateway import resources
from gateway.domain.received import Arrival
from gateway.pipeline.receive import receive
from gateway.providers import KINDS

ROW = re.compile(r"^\| `(\S+)\.json` \| (.+) \| (.+) \|$", re.MULTILINE)
SOURCES = ("documented", "observed", "reported", "derived")
TOLD = ROW.findall((PAYLOADS / "PROVENANCE.md").read_text("utf-8"))


def test_every_recorded_body_has_a_provenance() -> None:
    assert sorted(name for name, _, _ in TOLD) == NAMES
    assert [name for name, _, source in TOLD if not source.startswith(SOURCES)] == []


def test_there_are_recorded_bodies_of_every_kind() -> None:
    assert {name.partition("/")[0] for name in NAMES} == {*KINDS, *DECLARED}
    assert len(NAMES) >= 120


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_body_becomes_what_is_expected(name: str) -> None:
    expected = {key: value for key, value in expected_of(name).items() if key not in ("query", "shortcode")}
    assert outcome_of(receive_recorded(name)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_its_bytes_are_kept_and_its_event_fits_the_schema(name: str) -> None:
    made = receive_recorded(name)
    assert made.callback.body == body_of(name)
    if isinstance(made, Arrival):
        jsonschema.validate(made.event.as_dict(frozenset({"balances"})), resources.schema("event.schema"))


@pytest.mark.parametrize("name", NAMES)
def test_normalising_is_pure(name: str) -> None:
    first, second = receive_recorded(name), receive_recorded(name)
    assert outcome_of(first) == outcome_of(second)
    if isinstance(first, Arrival):
        assert isinstance(second, Arrival)
        assert (first.facts, first.event.id) == (second.facts, second.event.id)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_answer_to_a_kind_is_short_json(kind: str) -> None:
    wanted = {
        "bill-manager": b'{"resmsg":"Success","rescode":"200"}',
        "c2b-validation": b'{"ResultCode":"0","ResultDesc":"Accepted"}',
    }
    assert KINDS[kind].success == wanted.get(kind, b'{"ResultCode":0,"ResultDesc":"Success"}')


def test_two_notices_without_ids_are_told_apart_by_their_bytes() -> None:
    first, again = arrival("timeout", b"{}"), arrival("timeout", b"{}")
    other = arrival("timeout", b'{"a":1}')
    assert first.facts.identity == again.facts.identity != other.facts.identity
    assert first.event.id == again.event.id != other.event.id


def test_a_timeout_and_the_result_that_comes_later_tell_of_one_payment() -> None:
    late = receive(hook("b2c-result"), callback("b2c-result", body_of("b2c-result/waiting_text")))
    early = receive_recorded("timeout/b2c_result_envelope")
    assert isinstance(late, Arrival)
    assert isinstance(early, Arrival)
    assert set(early.facts.keys) == set(late.facts.keys)
    assert early.facts.direction == late.facts.direction
    assert early.event.payment_id == late.event.payment_id
