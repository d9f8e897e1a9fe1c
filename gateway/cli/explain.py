"""`pesagate explain` and `pesagate conflicts`: where a payment is, and what contradicts what is known."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gateway.cli.config_option import config_option
from gateway.cli.events import json_option, opened_store, tenant_option
from gateway.cli.printable import printable
from gateway.domain.errors import PesagateError
from gateway.store import story
from gateway.store.page import of_tenant, only


@click.command()
@config_option
@json_option
@tenant_option
@click.argument("name")
def explain(config: Path, as_json: bool, tenant: str | None, name: str) -> None:
    """Tell the whole story of a payment: NAME is its receipt, or any other id of it.

    Ids of events, payments and callbacks count too, and receipts that are in quarantine only. This is a deliberate view
    of one payment: it shows the payer.
    """
    with opened_store(config) as (_, connection):
        found = story.payments_named(connection, name, only(tenant))
        told = story.stories(connection, found)
        loose = list(story.results_named(connection, name, only(tenant)))
        asked = list(story.questions_named(connection, name, only(tenant)))
        kept = list(story.quarantined_naming(connection, name, only(tenant)))
    if not (told or loose or asked or kept):
        raise PesagateError(f"Nothing is known of {name!r}: no callback that names it has come to a hook of ours.")
    if as_json:
        found_all = {"payments": told, "results": loose, "questions": asked, "quarantine": kept}
        click.echo(json.dumps(found_all, ensure_ascii=False))
        return
    for line in _lines(told, loose, asked, kept):
        click.echo(printable(line))


@click.command()
@config_option
@json_option
@tenant_option
def conflicts(config: Path, as_json: bool, tenant: str | None) -> None:
    """List the callbacks that contradict what is known. They are kept, and were never booked."""
    with opened_store(config) as (_, connection):
        for row in story.conflicts(connection, of_tenant(tenant)):
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else printable(_conflict(row)))


def _conflict(row: dict[str, Any]) -> str:
    payment = f"payment {row['payment_id']}" if row["payment_id"] else "of no payment that has come"
    return (
        f"{row['received_at']}  {row['tenant']}  {row['shortcode']}  {row['kind']} {row['note']}  "
        f"(callback {row['id']}, {payment})"
    )


def _lines(
    told: list[dict[str, Any]], loose: list[dict[str, Any]], asked: list[dict[str, Any]], kept: list[dict[str, Any]]
) -> Iterator[str]:
    for row in asked:
        who = f"{row['tenant']} {row['shortcode']}"
        yield f"{row['received_at']}  M-Pesa asked ({row['kind']}, {who}): {row['decision']}, as {row['because']}"
    for payment in told:
        yield from _payment(payment)
    for result in loose:
        yield from _result(result)
    for row in kept:
        yield (
            f"{row['received_at']}  in quarantine: {row['kind']} for {row['tenant']} {row['shortcode']}, "
            f"{row['reason']}: {row['detail']} (row {row['id']})"
        )


def _payment(payment: dict[str, Any]) -> Iterator[str]:
    yield f"Payment {payment['payment_id']} of {payment['tenant']} {payment['shortcode']}"
    for name, values in payment["keys"].items():
        yield f"  {name}: {', '.join(values)}"
    for callback in payment["callbacks"]:
        yield from _callback(callback)
    for made in payment["events"]:
        yield from _event(made)


def _result(result: dict[str, Any]) -> Iterator[str]:
    about = ", ".join(f"{name} {value}" for name, value in result["about"].items())
    which = f"of which nothing else has come yet: {about}" if about else "that it does not name"
    yield f"About a payment of {result['tenant']} {result['shortcode']} {which}"
    for callback in result["callbacks"]:
        yield from _callback(callback)
    for made in result["events"]:
        yield from _event(made)


def _callback(callback: dict[str, Any]) -> Iterator[str]:
    often = "" if callback["seen"] == 1 else f", seen {callback['seen']} times, last at {callback['last_seen_at']}"
    yield (
        f"  {callback['received_at']}  callback {callback['id']}: {callback['kind']} from {callback['source']}, "
        f"{callback['disposition']}{often}"
    )
    if callback["note"]:
        yield f"      {callback['note']}"
    other = f", and {callback['copies']} copies in other bytes" if callback["copies"] else ""
    size = "bytes purged" if callback["bytes"] is None else f"{callback['bytes']} bytes"
    yield f"      {size}, SHA-256 {callback['body_digest']}{other}"


def _event(made: dict[str, Any]) -> Iterator[str]:
    event = made["event"]
    facts = (event["currency"], event["amount"], event["receipt"], event["account_reference"], event["payer"]["name"])
    original = f" of {event['original_receipt']}" if event["original_receipt"] else ""
    yield f"  event {event['id']}: {event['type']}  {' '.join(filter(None, facts))}{original}"
    if event["supersedes"]:
        yield f"      in place of {event['supersedes']}"
    if not made["deliveries"]:
        yield "      no route takes it: it is kept, and `pesagate replay` routes it again"
    for delivery in made["deliveries"]:
        yield from _delivery(delivery)


def _delivery(delivery: dict[str, Any]) -> Iterator[str]:
    waits = f" (waits for {delivery['waiting_for']})" if delivery["waiting_for"] else ""
    next_one = f", due {delivery['due_at']}" if delivery["state"] == "pending" else ""
    yield f"      to {delivery['destination']}: {delivery['state']}{waits}{next_one}"
    if delivery["saved"]:
        yield f"          saved: {json.dumps(delivery['saved'], ensure_ascii=False)}"
    for attempt in delivery["attempts"]:
        status = f" {attempt['status']}" if attempt["status"] else ""
        yield (
            f"          {attempt['started_at']}  attempt {attempt['number']}: {attempt['result']}{status} "
            f"({attempt['reason']}, {attempt['duration_ms']} ms) {attempt['detail']}"
        )
        for step in attempt["steps"]:
            yield from (f"              {line}" for line in _step(step))
        # The last step's words, in full where they were cut there.
        if attempt["answer"] and attempt["answer"] not in [step["answer"] for step in attempt["steps"]]:
            yield f"              it said: {attempt['answer']}"


def _step(step: dict[str, Any]) -> Iterator[str]:
    if not step["request"]:
        yield f"{step['name']}: {step['decision']} ({step['reason']})"
        return
    status = f" {step['status']}" if step["status"] else ""
    saved = f", saved {', '.join(step['saved'])}" if step["saved"] else ""
    took = f"({step['reason']}, {step['duration_ms']} ms){saved}"
    yield f"{step['name']}: {step['request']} -> {step['decision']}{status} {took}"
    if step["answer"]:
        yield f"    it said: {step['answer']}"
