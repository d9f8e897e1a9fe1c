"""The `access` section: users and tokens."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gateway.domain.access import RIGHTS, Access, Principal, Right, Role, Token, User
from gateway.domain.times import NAIROBI
from gateway.settings.durations import duration
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section
from gateway.settings.secrets import Secrets

_HASH = {
    "pattern": r"^\$argon2id\$v=[0-9]+\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$",
    "x-must": "what `pesagate users hash` prints",
}


@dataclass(frozen=True, slots=True)
class Accesses:
    """Builds who may come in; whatever is wrong goes to the report."""

    report: Report
    secrets: Secrets
    tenants: Collection[str]

    def build(self, section: Section) -> Access:
        """Return what a section says."""
        usual = Access()
        tokens = [self._token(name, each) for name, each in section.section("tokens").sections().items()]
        users = [self._user(name, each) for name, each in section.section("users").sections().items()]
        session = section.section("session")
        return Access(
            tokens=self._by_digest(section.section("tokens"), [each for each in tokens if each is not None]),
            users={each.name: each for each in users if each is not None},
            idle=self._duration(session, "idle", usual.idle),
            longest=self._duration(session, "longest", usual.longest),
        )

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

    def _user(self, name: str, section: Section) -> User | None:
        form, role = section.get("password"), section.get("role")
        if form is None or role is None:
            return None
        secret = self.secrets.resolve(form, section.at("password"), _HASH, plain_is_fine=True)
        tenants = self._tenants(section)
        if role == Role.OPERATOR and "tenants" in section:
            self.report.error(
                section.at("tenants"), "an operator sees all tenants.", "Remove it, or name another role."
            )
        elif role != Role.OPERATOR and "tenants" not in section:
            self.report.missing(section.at("tenants"), "Name the tenants that this user sees.")
        if secret is None:
            return None
        return User(name, secret, Principal(f"user:{name}", tenants, RIGHTS[Role(role)]))

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

    def _duration(self, section: Section, key: str, usual: timedelta) -> timedelta:
        text = section.get(key)
        found = None if text is None else duration(self.report, text, section.at(key))
        return usual if found is None else found
