"""A document against a JSON Schema; every fault told in our own sentences, at its place."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jsonschema.exceptions import ValidationError

from gateway.settings.document import Document
from gateway.settings.markers import followed
from gateway.settings.places import Steps
from gateway.settings.report import Report
from gateway.settings.sentences import Fault, Sentence, sentences


def check(report: Report, validator: Any, value: Any, steps: Steps = (), known_beside: tuple[str, ...] = ()) -> None:
    """Add to the report whatever in `value`, which stands at `steps`, does not meet the validator's schema.

    `known_beside` are further keys that the value's own level may have, for 'did you mean'.
    Values that are already known to be wrong are left alone.
    """
    for error in validator.iter_errors(value):
        for narrow in _narrowed(error):
            fault = _fault(report.document, narrow, steps, validator.schema)
            if not narrow.absolute_path:
                fault = replace(fault, known_beside=known_beside)
            if not report.is_wrong(fault.steps):
                _tell(report, sentences(fault))


def _tell(report: Report, found: Iterable[Sentence]) -> None:
    for sentence in found:
        if sentence.at == "missing":
            report.missing(sentence.steps, sentence.remedy)
        elif not report.is_wrong(sentence.steps):
            report.error(sentence.steps, sentence.message, sentence.remedy, at_key=sentence.at == "key")


def _fault(document: Document, error: ValidationError, above: Steps, root: Mapping[str, Any]) -> Fault:
    path = tuple(error.absolute_path)
    of_key = "propertyNames" in error.absolute_schema_path
    wanted: Any = error.validator_value
    if error.validator in ("anyOf", "oneOf"):
        wanted = [followed(form, root) for form in wanted]
    return Fault(
        document=document,
        steps=(*above, *path, str(error.instance)) if of_key else (*above, *path),
        keyword=str(error.validator),
        wanted=wanted,
        value=error.instance,
        schema=error.schema if isinstance(error.schema, dict) else {},
        of_key=of_key,
    )


def _narrowed(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors of the one form that was meant, where a value fits none of several and that can be told."""
    meant = _meant(error) if error.validator in ("anyOf", "oneOf") and error.context else None
    if meant is None:
        yield error
        return
    for inner in meant:
        yield from _narrowed(inner)


def _meant(error: ValidationError) -> list[ValidationError] | None:
    forms: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        forms.setdefault(inner.relative_schema_path[0], []).append(inner)
    # A form that is only wrong further inside was surely meant; else the only one of the right type was.
    for is_other in (_is_wrong_at_the_top, _is_of_another_type):
        meant = [errors for errors in forms.values() if not any(is_other(inner) for inner in errors)]
        if len(meant) == 1:
            return None if _is_less_than_told(error, meant[0]) else meant[0]
        if meant and is_other is _is_wrong_at_the_top:
            return None
    return None


def _is_less_than_told(error: ValidationError, meant: list[ValidationError]) -> bool:
    """Tell whether the words for all forms together say more than one form's list of names would."""
    schema: Any = error.schema
    is_list = all(inner.validator in ("enum", "const") and _is_wrong_at_the_top(inner) for inner in meant)
    return "x-must" in schema and is_list


def _is_wrong_at_the_top(error: ValidationError) -> bool:
    return not error.relative_path


def _is_of_another_type(error: ValidationError) -> bool:
    return not error.relative_path and error.validator in ("type", "const")
