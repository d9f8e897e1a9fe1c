"""The fuzzer: atheris (libFuzzer under Python) over kinds and bodies. Imported only where it is installed."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway"]):
    from corpus import NAMES, body_of
    from fuzz.judge import HOOKS
from fuzz.mutation import changed

KINDS = sorted(HOOKS)
# What recorded bodies of a described kind are tried as, too.
ALSO = {"airtel-money": "unsigned"}
Judge = Callable[[str, bytes], object]


def split(data: bytes) -> tuple[str, bytes]:
    """Return kind and body of an input: its first byte chooses the kind, the others are the body."""
    return KINDS[data[0] % len(KINDS)] if data else KINDS[0], data[1:]


def joined(kind: str, body: bytes) -> bytes:
    """Return the input that `split` takes apart again."""
    return bytes([KINDS.index(kind)]) + body


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Return an input a little changed: now and then byte by byte, else as JSON.

    What is broken once stays so however it is changed, so that it often begins anew from a recorded body.
    """
    if not seed % 16:
        return atheris.Mutate(data, max_size)
    body = changed(data[1:], seed)
    if body is None or seed % 16 < 5:
        data = _RECORDED[seed % len(_RECORDED)]
        body = changed(data[1:], seed) or data[1:]
    return (data[:1] + body)[:max_size]


def fuzz(judge: Judge, options: Sequence[str], folder: Path) -> None:
    """Judge inputs until the options of libFuzzer say that it is enough; end the process.

    A finding ends it with code 77 (70 for one that takes too long) and lies in the folder, beside what was found
    worth keeping: a later run in the same folder goes on from there.
    """
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(_RECORDED):
        (corpus / f"recorded-{number:04d}").write_bytes(data)
    flags = [f"-artifact_prefix={folder}/", "-timeout=60", "-rss_limit_mb=2048", "-max_len=8192", "-mutate_depth=2"]
    arguments = [sys.argv[0], *flags, *options, str(corpus)]
    atheris.Setup(arguments, lambda data: _one(judge, data), custom_mutator=mutate, internal_libfuzzer=True)
    atheris.Fuzz()


def _one(judge: Judge, data: bytes) -> None:
    judge(*split(data))


def _recorded() -> list[bytes]:
    bodies = [(name.partition("/")[0], body_of(name)) for name in NAMES]
    bodies += [(ALSO[kind], body) for kind, body in bodies if kind in ALSO]
    made = b'{"id":"7","state":"PAID","receipt":"R1","account":"600638","money":{"value":"10.50"},'
    bodies.append(
        (
            "mobipay",
            made + b'"lines":[{"text":"a"}],"customer":{"phone":"256700000000","name":"J"},"at":"24/11/2026 10:15"}',
        )
    )
    return [joined(kind, body) for kind, body in bodies]


_RECORDED = _recorded()
