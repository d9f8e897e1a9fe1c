"""What ERPs answer, in their own words, and how a destination that knows them is set up."""

import json
from collections.abc import Mapping
from typing import Any

from adapters.testing import Answer, Received, Receiver


def said(body: Any, status: int = 200, **more: Any) -> Answer:
    """A JSON answer."""
    headers = {"Content-Type": "application/json", **more.pop("headers", {})}
    return Answer(status, body=json.dumps(body).encode(), headers=headers, **more)


def page(status: int, title: str) -> Answer:
    """A page for people."""
    body = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def xml(text: str, status: int = 200) -> Answer:
    """An XML answer."""
    return Answer(status, body=text.encode(), headers={"Content-Type": "text/xml"})


# One idempotent call: a second one with the same external id changes nothing.
ODOO: Mapping[str, Any] = {
    "idempotent": True,
    "success_when": "status == `200` && body.ids",
    "retry_when": "contains(body.messages[0].message || body.message || '', 'could not serialize')",
    "steps": [
        {
            "name": "book",
            "post": "/json/2/account.bank.statement.line/load",
            "body": {
                "fields": ["id", "amount"],
                "data": [["mpesa.bsl_{{ receipt }}", "{{ amount }}"]],
                "context": {"mode": "update", "noupdate": True},
            },
            "save": {"erp_id": "body.ids[0]"},
        }
    ],
}

# Odoo 18: everything is 200, and faults are members.
ODOO_18: Mapping[str, Any] = {
    "steps": [
        {
            "name": "book",
            "post": "/jsonrpc",
            "idempotent": True,
            "body": {"jsonrpc": "2.0", "id": "{{ id }}", "method": "call", "params": {"args": ["{{ receipt }}"]}},
        }
    ],
}


def looking(create: Mapping[str, Any], **destination: Any) -> Mapping[str, Any]:
    """Look, then create: for ERPs without any key of their own."""
    find = {
        "name": "find",
        "get": "/payments",
        "query": {"ref": "{{ receipt }}"},
        "save": {"erp_id": "body.data[0].name"},
    }
    step = {"name": "create", "unless": "erp_id", "post": "/payments", "body": {"ref": "{{ receipt }}"}, **create}
    return {**destination, "steps": [find, step]}


NOT_THERE = said({"data": []})
THERE = said({"data": [{"name": "PE-0001"}]})

FRAPPE = looking(
    {
        "duplicate_when": "contains([`409`, `417`], status) && contains(body.exception || '', 'mpesa_receipt')",
        "save": {"erp_id": "body.data.name"},
    }
)
TRYTON = looking(
    {
        "retry_when": "contains([`423`], status)",
        "reject_when": "status == `500` && !(body.message)",
        "save": {"erp_id": "body.id"},
    }
)
CENTRAL = looking({"success_when": "status == `201` && body.id", "save": {"erp_id": "body.id"}})
SAP = looking({"success_when": "status == `201`", "save": {"erp_id": "body.DocEntry"}})
ZOHO = looking({"success_when": "status == `201` && body.code == `0`", "save": {"erp_id": "body.payment.payment_id"}})
TALLY: Mapping[str, Any] = {
    "method": "POST",
    "xml": '<ENVELOPE><VOUCHER REMOTEID="{{ receipt }}"><NARRATION>{{ payer.name }}</NARRATION></VOUCHER></ENVELOPE>',
    "content_type": "text/xml",
    "success_when": "body.RESPONSE.CREATED == '1'",
    "duplicate_when": "body.RESPONSE.ALTERED == '1'",
    "reject_when": "body.RESPONSE.LINEERROR",
}
PLAIN: Mapping[str, Any] = {"body": {"ref": "{{ receipt }}"}}
WEBHOOK: Mapping[str, Any] = {"success_when": "body.status == 'ok'"}
# Nothing tells whether it is there, and nothing makes a second one harmless.
BLIND: Mapping[str, Any] = {"steps": [{"name": "create", "post": "/payments", "body": {"ref": "{{ receipt }}"}}]}


class Books:
    """An ERP without any key: every create makes one more entry. `lose` numbers the answers that get lost."""

    def __init__(self, receiver: Receiver) -> None:
        self.entries: list[dict[str, Any]] = []
        receiver.take = self.take  # type: ignore[method-assign]
        self.requests: list[Received] = receiver.requests
        self.lose: set[int] = set()

    def take(self, received: Received) -> Answer:
        self.requests.append(received)
        answer = self._answer(received)
        # It has done its work, and nobody hears of it.
        return Answer(cut="before") if len(self.requests) in self.lose else answer

    def _answer(self, received: Received) -> Answer:
        if received.method == "GET":
            return said({"data": self.entries[:1]})
        if received.path == "/moves":
            self.entries.append({"id": len(self.entries) + 1, "state": "draft"})
            return said({"id": len(self.entries)})
        entry = self.entries[int(received.path.split("/")[2]) - 1]
        if entry["state"] == "posted":
            return said({"message": "You can not call post twice"}, 400)
        entry["state"] = "posted"
        return said({})
