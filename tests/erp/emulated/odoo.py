"""Odoo 18 (JSON-RPC) and 19 (JSON-2), as both were seen to answer: `load` with an external id books once."""

import json
from typing import Any

from erp.emulated.server import Asked, EmulatedErp, Told, html, told

_KNOWN = ("id", "journal_id/.id", "date", "payment_ref", "amount", "partner_id", "partner_id/.id", "ref", "narration")
_SERIALIZE = "could not serialize access due to concurrent update\n"


class Odoo(EmulatedErp):
    """What both versions share: the model, its records by external id."""

    def __init__(self, key: str, database: str) -> None:
        super().__init__()
        self.key = key
        self.database = database
        self.journals = {"8"}
        self.partners = {"WANJIKU STORES"}
        # External id -> record id.
        self.ids: dict[str, int] = {}

    def load(self, fields: list[str], rows: list[list[Any]], context: dict[str, Any]) -> dict[str, Any]:
        """Return what `load` returns: ids and messages; refused rows give `ids: false` and book nothing."""
        messages = [message for row in rows for message in self._refused(dict(zip(fields, row, strict=True)))]
        if messages:
            return {"ids": False, "messages": messages}
        return {"ids": [self._one(dict(zip(fields, row, strict=True)), context) for row in rows], "messages": []}

    def _refused(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        for name in row:
            if name not in _KNOWN:
                return [_message(name, f"Invalid field name '{name}'")]
        if row["journal_id/.id"] not in self.journals:
            return [_message("journal_id", "No matching record found for database id in field 'Journal'")]
        try:
            float(row["amount"])
        except ValueError:
            return [_message("amount", f"'{row['amount']}' does not seem to be a number for field 'Amount'")]
        if row.get("partner_id") and row["partner_id"] not in self.partners:
            return [_message("partner_id", "No matching record found for name in field 'Partner'")]
        return []

    def _one(self, row: dict[str, Any], context: dict[str, Any]) -> int:
        known = self.ids.get(row["id"])
        if known is not None:
            # noupdate: an external id that is there already stays as it is.
            assert context.get("noupdate") is True, "without noupdate a repetition would write over the record"
            return known
        self.ids[row["id"]] = len(self.ids) + 1
        self.booked.append((row["ref"], row["amount"]))
        return self.ids[row["id"]]


def _message(field: str, text: str) -> dict[str, Any]:
    return {"type": "error", "field": field, "message": text, "rows": {"from": 0, "to": 0}, "record": 0}


class Odoo19(Odoo):
    """`POST /json/2/<model>/<method>` with a bearer key; the body is the named arguments."""

    def answer(self, asked: Asked) -> Told:
        if asked.header("Authorization").lower() != f"bearer {self.key}":
            return _fault(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        if asked.header("X-Odoo-Database") != self.database:
            return html(404, "Not Found")
        if asked.path == "/json/2/res.users/context_get":
            return told(200, {"lang": "en_US", "tz": "Africa/Nairobi", "uid": 7})
        if asked.path != "/json/2/account.bank.statement.line/load":
            return _fault(404, "werkzeug.exceptions.NotFound", f"the model {asked.path.split('/')[3]!r} does not exist")
        given = asked.json
        if set(given) - {"fields", "data", "context"}:
            return _fault(422, "werkzeug.exceptions.UnprocessableEntity", "unexpected argument")
        return told(200, self.load(given["fields"], given["data"], given.get("context", {})))


def _fault(status: int, name: str, message: str) -> Told:
    return told(status, {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "Traceback"})


class Odoo18(Odoo):
    """`POST /jsonrpc`, service object, execute_kw; the key stands in for the password, in the body."""

    uid = 7

    def answer(self, asked: Asked) -> Told:
        if asked.path != "/jsonrpc":
            return html(404, "Not Found")
        call = asked.json
        params = call["params"]
        database, uid, key, model, method, args, *rest = params["args"]
        if (database, uid, key) != (self.database, self.uid, self.key):
            return _rpc_error(call, "odoo.exceptions.AccessDenied", "Access Denied")
        if (model, method) == ("res.users", "context_get"):
            return _rpc(call, {"lang": "en_US", "tz": "Africa/Nairobi", "uid": self.uid})
        if (model, method) != ("account.bank.statement.line", "load"):
            return _rpc_error(call, "odoo.exceptions.AccessError", f"The method {method!r} does not exist on the model")
        kwargs = rest[0] if rest else {}
        return _rpc(call, self.load(args[0], args[1], kwargs.get("context", {})))


def _rpc(call: dict[str, Any], result: Any) -> Told:
    return told(200, {"jsonrpc": "2.0", "id": call.get("id"), "result": result})


def _rpc_error(call: dict[str, Any], name: str, message: str) -> Told:
    data = {"name": name, "message": message, "arguments": [message], "debug": "Traceback"}
    error = {"code": 200, "message": "Odoo Server Error", "data": data}
    return told(200, {"jsonrpc": "2.0", "id": call.get("id"), "error": error})


def not_serialized(erp: EmulatedErp, asked: Asked) -> Told:
    """Answer as the loser of a race: inside a 200, and nothing is done."""
    lost = {"ids": False, "messages": [{"type": "error", "message": _SERIALIZE, "rows": {"from": 0, "to": 0}}]}
    return _rpc(json.loads(asked.body), lost) if isinstance(erp, Odoo18) else told(200, lost)


def without_result(_erp: EmulatedErp, asked: Asked) -> Told:
    """Answer as a void method does on 18: 200, and no `result` at all."""
    return told(200, {"jsonrpc": "2.0", "id": asked.json.get("id")})


class OdooWebhook(EmulatedErp):
    """An automation rule of 17 and later: `POST /web/hook/<uuid>`, no id back; the rule looks for the memo first."""

    uuid = "5f0c0f0e-7c3b-4a53-9f4e-2f4b8f4f8b0a"

    def answer(self, asked: Asked) -> Told:
        if asked.path != f"/web/hook/{self.uuid}":
            return told(404, {"status": "error"})
        given = asked.json
        if not given.get("receipt"):
            return told(500, {"status": "error"})
        if given["receipt"] not in [receipt for receipt, _ in self.booked]:
            self.booked.append((given["receipt"], given["amount"]))
        return told(200, {"status": "ok"})
