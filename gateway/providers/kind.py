"""What a kind of callback is to the gateway: a schema and three pure functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.facts import Facts
from gateway.domain.settings import Secret

Path = tuple[str | int, ...]
"""Keys and indexes from the root of a document to one of its values."""


class NewShape(Exception):
    """The body is JSON but of a form that this kind does not know.

    `path` points into the body as it came ("$..."), or is the bare name of a field of the pivoted body.
    """

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        self.sentence = sentence
        super().__init__(f"{path}: {sentence}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of callback. Its functions are pure and raise nothing but NewShape."""

    # As in the hook's URL.
    name: str
    provider: str
    # Path of the JSON Schema of the pivoted body below schemas/, without ending.
    schema: str
    # Turns lists of name and value into mappings by name, so that the schema can speak of names.
    pivot: Callable[[Any], dict[str, Any]]
    # Translates a path in the pivoted body back to the body as it came, as JSON path text.
    wire_path: Callable[[Any, Path], str]
    normalise: Callable[[Mapping[str, Any]], Facts]
    # The answer body that the provider takes for "received".
    success: bytes
    # True: another kind of callback knows more of the same payment, and may come a little later.
    incomplete: bool = False
    # True: it tells how a prompt went. It knows the request and the payer's phone; of reference and name, whoever
    # confirms the same receipt knows better.
    push: bool = False
    # True: money has moved whenever it comes. Where its outcome is unknown nobody knows what the money is.
    moved: bool = False
    # Set where the provider asks and no payment has happened: the answer body of a decision.
    question: Callable[[str], bytes] | None = None
    # Set where the body alone does not tell enough: completes the facts by the hook's URL and the digest of the bytes.
    complete: Callable[[Facts, Callback], Facts] | None = None
    # HTTP methods by which the provider sends it.
    methods: tuple[str, ...] = ("POST",)
    # Set where the answer repeats something of the callback: from the callback's bytes, whatever they are.
    reply: Callable[[bytes], bytes] | None = None
    # HTTP status of the answer to what is kept, where the provider asks for another one than 200.
    status: int = 200
    # Set where the provider signs what it sends: says why a callback may not be its own, None where all is right. It is
    # given the secrets of the shortcode, None where it has none of its own.
    doubt: Callable[[Callback, Any, Sequence[Secret] | None], str | None] | None = None


def json_path(path: Path) -> str:
    """Return a path as JSON path text: $.Body.stkCallback.CallbackMetadata.Item[2].Value."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
