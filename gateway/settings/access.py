"""The `access` section: tokens of programs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gateway.domain.access import Access, Principal, Right, Token
from gateway.domain.times import NAIROBI
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section


@dataclass(frozen=True, slots=True)
class Accesses:
    """Builds who may come in; whatever is wrong goes to the report."""

    report: Report
    tenants: Collection[str]

    def build(self, section: Section) -> Access:
        """Return what a section says."""
        tokens = [self._token(name, each) for name, each in section.section("tokens").sections().items()]
        return Access(self._by_digest(section.section("tokens"), [each for each in tokens if each is not None]))

    def _by_digest(self, section: Section, tokens: list[Token]) -> Mapping[str, Token]:
        found: dict[str, Token] = {}
        for token in tokens:
            other = found.setdefault(token.digest, token)
            if other is not token:
                message = f"is the hash of token {other.name} too."
                self.report.error(section.at(token.name, "hash"), message, "Make a new one with `pesagate tokens new`.")
        return found

    def _token(self, name: str, section: Section) -> Token | None:
        hashed, expires = section.get("hash"), section.get("expires")
        if hashed is None or expires is None:
            return None
        ends = self._end_of(expires, section.at("expires"))
        rights = frozenset(Right(each) for each in section.get("actions", ["read"]))
        principal = Principal(f"token:{name}", self._tenants(section), rights)
        return None if ends is None else Token(name, hashed.removeprefix("sha256:"), ends, principal)

    def _tenants(self, section: Section) -> frozenset[str] | None:
        named = section.get("tenants")
        if named is None:
            return None
        for index, tenant in enumerate(named):
            if tenant not in self.tenants:
                remedy = did_you_mean(tenant, tuple(self.tenants), "tenants")
                self.report.error(section.at("tenants", index), f"{quoted(tenant)} is no tenant.", remedy)
        return frozenset(named)

    def _end_of(self, day: str, steps: Steps) -> datetime | None:
        """Return the end of a day, by Nairobi's clock."""
        try:
            begin = datetime.combine(date.fromisoformat(day), time(), NAIROBI)
        except ValueError:
            self.report.error(steps, f"{quoted(day)} is no day.", "Write one such as 2027-11-24.")
            return None
        return begin + timedelta(days=1)
