"""The section `alerts`."""

from datetime import timedelta
from typing import Any

from gateway.domain.alerts import WORDS, Alerts, AlertTarget, Mail
from gateway.domain.settings import Secret
from gateway.settings.durations import duration
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import quoted
from gateway.settings.report import Report, Section
from gateway.settings.secrets import Secrets
from gateway.settings.sizes import size_of


def alerts_of(section: Section, secrets: Secrets, tenants: tuple[str, ...]) -> Alerts:
    """Return who is told what; whatever is wrong goes to the report."""
    default = Alerts()
    mail = _mail(section.section("mail"), secrets) if "mail" in section else None
    listed = section.raw("to")
    places = range(len(listed)) if isinstance(listed, list) else ()
    parts = [Section(section.report, section.at("to", number)) for number in places]
    targets = [_target(part, secrets, tenants) for part in parts]
    for part, target in zip(parts, targets, strict=True):
        if target is not None and target.mail is not None and "mail" not in section:
            section.report.error(part.at("mail"), "needs a server.", "Add alerts.mail with server and from.")
    every = duration(section.report, section.get("every", "5m"), section.at("every")) or default.every
    if every < timedelta(seconds=1):
        section.report.error(section.at("every"), "must be at least 1s.")
    below = size_of(section.get("disk_below", "1GiB")) or default.disk_below
    return Alerts(tuple(one for one in targets if one is not None), every, mail, below)


def _mail(section: Section, secrets: Secrets) -> Mail:
    host, _, port = section.get("server", "localhost:25").rpartition(":")
    if int(port) > 65535:
        section.report.error(section.at("server"), f"{port} is no port.", "Write a port from 1 to 65535.")
    password = section.get("password")
    return Mail(
        host=host.strip("[]"),
        port=int(port),
        sender=section.get("from", ""),
        tls=section.get("tls", "starttls"),
        user=section.get("user"),
        password=None if password is None else secrets.resolve(password, section.at("password")),
    )


def _target(section: Section, secrets: Secrets, tenants: tuple[str, ...]) -> AlertTarget | None:
    report = section.report
    if report.is_wrong(section.steps):
        return None
    if ("url" in section) == ("mail" in section):
        report.error(section.steps, "must have exactly one of url and mail.")
        return None
    url, bearer, tenant = section.get("url"), section.get("bearer"), section.get("tenant")
    if tenant is not None and tenant not in tenants:
        report.error(
            section.at("tenant"), f"there is no tenant {quoted(tenant)}.", did_you_mean(tenant, tenants, "tenants")
        )
    return AlertTarget(
        mail=section.get("mail"),
        url=None if url is None else _address(report, section, secrets, url),
        bearer=None if bearer is None else secrets.resolve(bearer, section.at("bearer")),
        on=frozenset(section.get("on", WORDS)),
        tenant=tenant,
    )


def _address(report: Report, section: Section, secrets: Secrets, url: Any) -> Secret | None:
    # Chat services put the secret into the address.
    found = secrets.resolve(url, section.at("url"), plain_is_fine=True)
    if found is not None and not found.reveal().startswith(("http://", "https://")):
        report.error(section.at("url"), "must be an http or https address.")
    return found
