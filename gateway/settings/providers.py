"""Kinds of other providers' callbacks: their expressions, tables, schemas and signatures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

from gateway.domain.outcome import Outcome
from gateway.domain.provider import EPOCH, EPOCH_MS, ISO, DeclaredKind, Moment, Signature
from gateway.domain.settings import Tenant
from gateway.expressions.picks import FaultyPick, compile_pick
from gateway.settings.adapters import FaultySchemaError, check_inside
from gateway.settings.hmacs import OFF, secrets_of
from gateway.settings.nearest import nearest
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section
from gateway.settings.secrets import Secrets

_FORMS = (ISO, EPOCH, EPOCH_MS)
_NO_CONTENT = 204
_INNER = ("payer", "payee", "result", "ids")
# The gateway does not keep it.
_NOT_KEPT = ("authorization", "cookie", "proxy-authorization")


_REQUIRED = {
    "schema": "Describe the body, e.g. schema: {type: object, required: [id, status]}.",
    "identity": "Name what makes a callback the same when it comes again, e.g. identity: transaction.id.",
    "outcome": "Write outcome: {from: status, table: {SUCCESSFUL: succeeded}}.",
}


@dataclass(frozen=True, slots=True)
class Providers:
    """Builds the kinds that the configuration describes; whatever is wrong with one goes to the report."""

    report: Report
    secrets: Secrets
    # Kinds that are built in.
    kinds: Sequence[str]

    def build(self, section: Section) -> dict[str, DeclaredKind]:
        """Return the kinds of the `providers` section by name."""
        return {name: self._kind(name, each) for name, each in section.sections().items()}

    def settled(self, kinds: Mapping[str, DeclaredKind], tenants: Iterable[Tenant]) -> dict[str, DeclaredKind]:
        """Return the kinds; where nobody has a secret to look at a signature with, it is not looked at."""
        own = {
            kind for tenant in tenants for each in tenant.shortcodes.values() for kind in each.hmac if each.hmac[kind]
        }
        found: dict[str, DeclaredKind] = {}
        for name, kind in kinds.items():
            blind = kind.signature is not None and not kind.signature.secrets and name not in own
            found[name] = replace(kind, signature=None) if blind else kind
            if blind and self.report.is_sound(("providers", name)):
                message = "has no secret, and no shortcode has one for it: signatures are not looked at."
                remedy = "Add secret: {env: NAME} here, or hmac: to a shortcode, or write hmac: off."
                self.report.warning(("providers", name, "hmac"), message, remedy, at_key=True)
        return found

    def _kind(self, name: str, section: Section) -> DeclaredKind:
        if name in self.kinds:
            message = f"{quoted(name)} is one of M-Pesa's kinds of callback already."
            self.report.error(section.steps, message, "Give it another name.", at_key=True)
        self._require(section)
        fields = section.section("fields")
        outcome = section.section("outcome")
        return DeclaredKind(
            name=name,
            provider=section.get("provider", name),
            schema=self._schema(section),
            identity=self._pick(section, "identity"),
            outcome=self._pick(outcome, "from"),
            outcomes={code: Outcome[said.upper()] for code, said in outcome.get("table", {}).items()},
            picks=dict(self._fields(fields)),
            keys=self._picks(section.section("keys")),
            occurred_at=self._moment(fields),
            family=section.get("family", "payment"),
            direction=section.get("direction", "in"),
            methods=tuple(section.get("methods", ("POST",))),
            answer=self._picks(section.section("answer")),
            status=self._status(section),
            signature=self._signature(section),
        )

    def _require(self, section: Section) -> None:
        """Tell what is missing. The schema cannot: a recipe, or a file, may bring it."""
        if self.report.is_wrong(section.steps):
            return
        for key, remedy in _REQUIRED.items():
            if key not in section and all(nearest(other, _REQUIRED) != key for other in section):
                self.report.missing(section.at(key), remedy)

    def _fields(self, section: Section) -> Iterator[tuple[str, str]]:
        for name in section:
            if name in _INNER:
                yield from ((f"{name}.{inner}", each) for inner, each in self._picks(section.section(name)).items())
            elif name != "occurred_at":
                yield name, self._pick(section, name)

    def _picks(self, section: Section) -> dict[str, str]:
        return {name: self._pick(section, name) for name in section}

    def _pick(self, section: Section, name: str) -> str:
        """Return an expression that can be compiled, "@" in place of one that cannot (the report says why)."""
        expression = section.get(name)
        if expression is None:
            return "@"
        try:
            compile_pick(expression)
        except FaultyPick as error:
            self.report.error(section.at(name), f"{error}.", "Fixed text stands in quotes of its own: \"'text'\".")
            return "@"
        return str(expression)

    def _moment(self, fields: Section) -> Moment | None:
        written = fields.get("occurred_at")
        if written is None or isinstance(written, str):
            return None if written is None else Moment(self._pick(fields, "occurred_at"))
        section = fields.section("occurred_at")
        moment = Moment(
            self._pick(section, "from"), section.get("format", ISO), section.get("timezone", "Africa/Nairobi")
        )
        if moment.form not in _FORMS and not _is_form(moment.form):
            message = f"{quoted(moment.form)} is no form of a date and time."
            self.report.error(
                section.at("format"), message, 'Write iso, epoch, epoch_ms or one such as "%Y%m%d%H%M%S".'
            )
        if not _is_zone(moment.timezone):
            message = f"no time zone is called {quoted(moment.timezone)}."
            self.report.error(section.at("timezone"), message, "Write one such as Africa/Kampala.")
        return moment

    def _signature(self, section: Section) -> Signature | None:
        hmac = section.section("hmac")
        if "hmac" not in section or section.get("hmac") in OFF or self.report.is_wrong(hmac.steps):
            return None
        header, field = hmac.get("header"), hmac.get("field")
        if (header is None) == (field is None):
            message = "must say where the signature stands: in a header, or in a field of the body."
            self.report.error(hmac.steps, message, "Write header: or field:, not both.", at_key=True)
        if header is not None and header.lower() in _NOT_KEPT:
            message = f"the header {header} is not kept, since it may hold a secret of the sender's."
            self.report.error(hmac.at("header"), message, "Ask the provider for another header.")
        form = hmac.get("secret")
        over = hmac.get("over", "raw")
        return Signature(
            secrets=() if form is None else secrets_of(self.secrets, form, hmac.at("secret")),
            header=None if header is None else header.lower(),
            field=None if field is None else self._pick(hmac, "field"),
            over=None if over == "raw" else over,
            algorithm=hmac.get("algorithm", "sha256"),
            encoding=hmac.get("encoding", "hex"),
        )

    def _status(self, section: Section) -> int:
        status: int = section.get("status", 200)
        if status == _NO_CONTENT and "answer" in section:
            message = "204 has no body, and answer describes one."
            self.report.error(section.at("status"), message, "Write status: 200, or remove answer.")
        return status

    def _schema(self, section: Section) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = section.get("schema", {})
        fault = _fault_of_schema(schema)
        if fault:
            message = f"is no JSON Schema (draft 7) that can be used: {fault}."
            self.report.error(section.at("schema"), message, at_key=True)
        return {} if fault else schema


def _fault_of_schema(schema: Mapping[str, Any]) -> str | None:
    try:
        Draft7Validator.check_schema(schema)
        check_inside(schema, schema)
    except SchemaError as error:
        return error.message[:200]
    except FaultySchemaError as error:
        return str(error)
    place = next(_uses(schema, "multipleOf"), None)
    # The validators divide by it, and a decimal fraction is not divided without loss.
    return None if place is None else "multipleOf is not supported"


def _uses(schema: Any, keyword: str, steps: Steps = ()) -> Iterator[Steps]:
    if isinstance(schema, dict):
        if isinstance(schema.get(keyword), int | float):
            yield steps
        for key, inner in schema.items():
            yield from _uses(inner, keyword, (*steps, key))
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from _uses(inner, keyword, (*steps, index))


def _is_form(form: str) -> bool:
    """Tell whether strptime reads what strftime writes by it, and whether it has a day."""
    moment = datetime(2026, 11, 24, 10, 15, 31, tzinfo=UTC)
    try:
        return datetime.strptime(moment.strftime(form), form).date() == moment.date()  # noqa: DTZ007
    except (ValueError, UnicodeError):
        return False


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
