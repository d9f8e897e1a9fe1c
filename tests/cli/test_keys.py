"""Keys: long enough, of the right signs, without the words that M-Pesa refuses in URLs."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import keys


@given(st.integers())
def test_a_key_has_32_signs_that_need_no_escaping(seed: int) -> None:
    assert re.fullmatch("[A-Za-z0-9_-]{32}", keys.generate(Random(seed)))


def test_no_key_holds_a_forbidden_word() -> None:
    rng, unscreened = Random(1), Random(1)
    drawn = ["".join(unscreened.choices(keys.ALPHABET, k=keys.LENGTH)) for _ in range(5000)]
    generated = [keys.generate(rng) for _ in range(5000)]

    # By chance they do occur, so the screening had something to do.
    assert any(keys.forbidden_word(key) for key in drawn)
    assert not [key for key in generated if keys.forbidden_word(key)]


@pytest.mark.parametrize("word", ["mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query"])
def test_a_forbidden_word_is_found_in_any_case_and_place(word: str) -> None:
    for spelling in (word, word.upper(), word.title()):
        for key in (f"{spelling}aaaa", f"aaaa{spelling}", f"aa{spelling}aa"):
            # "exec" holds "exe", which is found first.
            assert keys.forbidden_word(key) in (word, word[:3])


def test_an_innocent_key_is_left_alone() -> None:
    assert keys.forbidden_word("QmVhcmVyVG9rZW5Gb3JUZXN0czEyMzQ1") is None


def test_keys_differ() -> None:
    rng = Random(5)

    assert len({keys.generate(rng) for _ in range(1000)}) == 1000


def test_every_sign_of_the_alphabet_is_used() -> None:
    rng = Random(6)

    assert {sign for _ in range(200) for sign in keys.generate(rng)} == set(keys.ALPHABET)
    assert len(keys.ALPHABET) == 64


def test_a_key_is_looked_up_by_its_sha256() -> None:
    assert keys.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
