"""Who a phone, or a payer, stands for."""

from hashlib import sha256

import pytest

from gateway.domain.person import NotAPhone, Person, is_phone, person_of, person_told

NUMBER = "254708374149"
HASH = sha256(NUMBER.encode()).hexdigest()
KNOWN = Person(frozenset({NUMBER}), frozenset({HASH}))


@pytest.mark.parametrize("typed", [NUMBER, "0708374149", "708374149", "+254 708 374 149\n", " 254-708-374149"])
def test_a_plain_number_stands_for_its_hash_too_however_it_is_typed(typed: str) -> None:
    assert person_of(typed) == KNOWN


def test_a_hash_and_a_masked_number() -> None:
    assert person_of(HASH.upper()) == Person(hashes=frozenset({HASH}))
    assert person_of("2547 ***** 149") == "2547*****149"


@pytest.mark.parametrize("typed", ["", "UKO7R8T1YB", "12345", "2547O8374149", "JOHN*", "1" * 16])
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(NotAPhone, match="no phone number"):
        person_of(typed)


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [(NUMBER, True), ("0708374149", True), ("+254 110 374149", True), ("2547 ***** 149", True),
     ("UKO7R8T1YB", False), ("1795680000000000001", False), ("2b0e7ef4-6a5c-5d7c-8a3f-0a4a8f1f7c11", False)],
)  # fmt: skip
def test_a_phone_in_the_place_of_a_receipt_is_known(typed: str, is_one: bool) -> None:
    assert is_phone(typed) is is_one


def test_who_is_who() -> None:
    masked = {"msisdn_masked": "2547 ***** 149", "name": "JOHN DOE"}
    assert KNOWN.is_party({"msisdn": NUMBER})
    assert KNOWN.is_party({"msisdn_hash": HASH.upper()})
    assert not KNOWN.is_party({"msisdn": "254708374140", "name": "JOHN DOE"})
    assert not KNOWN.is_party({"name": "JOHN DOE"})
    assert not KNOWN.is_party(masked)
    assert KNOWN.may_be(masked, {"JOHN DOE"})
    assert not KNOWN.may_be(masked, {"JANE"})
    assert not KNOWN.may_be({**masked, "msisdn_masked": "2547 ***** 140"}, {"JOHN DOE"})
    assert person_told(masked).is_party({"msisdn_masked": "2547*****149", "name": "JOHN DOE"})
    assert not person_told(masked).is_party({"msisdn_masked": "2547*****149", "name": "JANE"})
    assert not Person()


@pytest.mark.parametrize(
    ("text", "is_told"),
    [('{"PhoneNumber":254708374149}', True), ("call 0708374149", True), ("ws_CO_241120261015301234708374149", True),
     (f'"{HASH.upper()}"', True), ("1254708374149", False), ("7083741490", False), ("254708374140", False)],
)  # fmt: skip
def test_where_a_text_tells_of_someone(text: str, is_told: bool) -> None:
    assert KNOWN.is_told_in(text) is is_told


def test_a_masked_number_in_a_text_counts_beside_the_name_alone() -> None:
    person = person_told({"msisdn_masked": "2547*****149", "name": "JOHN"})
    assert person.is_told_in('{"MSISDN":"2547 ***** 149","FirstName":"JOHN"}')
    assert not person.is_told_in('{"MSISDN":"2547 ***** 149","FirstName":"JANE"}')
