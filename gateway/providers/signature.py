"""HMACs over callbacks: made once more and compared in constant time."""

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.provider import Signature
from gateway.domain.settings import Secret
from gateway.expressions.picks import CannotPick, compile_pick

_ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
}


def doubter(signature: Signature) -> Callable[[Callback, Any, Sequence[Secret] | None], str | None]:
    """Return what says why a callback may not be its sender's, None where its signature is right.

    It is given the secrets of the shortcode where it has some of its own; none of them means that nobody signs.
    """
    pick = None if signature.field is None else compile_pick(signature.field)
    encode = _ENCODINGS[signature.encoding]

    def doubt(callback: Callback, document: Any, own: Sequence[Secret] | None) -> str | None:
        secrets = signature.secrets if own is None else own
        if not secrets:
            return None if own is not None else "no secret is configured for its shortcode"
        try:
            given = callback.headers.get(signature.header or "") if pick is None else pick(document)
        except CannotPick:
            given = None
        if not isinstance(given, str) or not given:
            return "it bears no signature"
        signed = callback.body if signature.over is None else member(callback.body, signature.over)
        if signed is None:
            return f"it has no {signature.over}, which is what is signed"
        # Hex is written in either case.
        told = given.strip().lower() if signature.encoding == "hex" else given.strip()
        made = [encode(hmac.digest(each.reveal().encode(), signed, signature.algorithm)) for each in secrets]
        # All of them are compared, so that the time it takes tells nothing.
        right = [hmac.compare_digest(told.encode(), each.encode()) for each in made]
        return None if any(right) else "its signature is not right"

    return doubt


def member(body: bytes, name: str) -> bytes | None:
    """Return the text of one member of a JSON object, to the byte as it stands there; None where there is none.

    What is signed is what was written: to parse it and write it again could change spaces, escapes and numbers.
    """
    text = body.decode("utf-8-sig")
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        return None
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        key, at = decoder.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = decoder.raw_decode(text, start)
        if key == name:
            return text[start:end].encode()
        at = _skip(text, _skip(text, end) + 1)
    return None


def _skip(text: str, at: int) -> int:
    """Return the place of the next character that is no blank."""
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    return at
