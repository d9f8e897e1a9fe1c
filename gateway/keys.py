"""Keys of hook URLs: how they are made, and how one is looked up. Pure: randomness is a parameter."""

from hashlib import sha256
from random import Random
from secrets import SystemRandom
from string import ascii_letters, digits

# 64 signs, 6 bits each, that need no escaping in a URL's path.
ALPHABET = ascii_letters + digits + "_-"
# 32 of them are 192 bits.
LENGTH = 32
# M-Pesa refuses a callback URL that holds one of these, in any case.
FORBIDDEN = ("mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query")

_SYSTEM = SystemRandom()


def generate(rng: Random = _SYSTEM) -> str:
    """Return a fresh key. Only tests give another source of randomness than the system's."""
    while True:
        key = "".join(rng.choices(ALPHABET, k=LENGTH))
        if forbidden_word(key) is None:
            return key


def generate_token() -> str:
    """Return a fresh token of a program: 258 random bits behind three letters by which scanners of secrets know it."""
    return f"pgt_{''.join(_SYSTEM.choices(ALPHABET, k=43))}"


def forbidden_word(key: str) -> str | None:
    """Return the first word in the key that M-Pesa forbids in URLs, None where there is none."""
    lowered = key.lower()
    return next((word for word in FORBIDDEN if word in lowered), None)


def digest(key: str) -> str:
    """Return what stands for the key in look-ups: its SHA-256, in hex."""
    return sha256(key.encode()).hexdigest()
