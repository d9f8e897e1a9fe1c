"""ERPNext (Frappe 15): a Payment Entry by REST, with a custom field `mpesa_receipt` that is unique."""

import json
from typing import Any

from erp.emulated.server import Asked, EmulatedErp, Told, told

_NEEDED = ("payment_type", "party_type", "party", "company", "paid_from", "paid_to", "paid_amount", "received_amount")


class ErpNext(EmulatedErp):
    """`POST /api/resource/Payment Entry`; a second one with the same receipt is a duplicate entry."""

    def __init__(self, token: str, *, duplicates: int = 409) -> None:
        super().__init__()
        self.token = token
        self.customers = {"ACC-001", "M-Pesa Unmatched"}
        # Frappe answers 409 or 417 for a unique field, by version and by where it notices.
        self.duplicates = duplicates

    def answer(self, asked: Asked) -> Told:
        if asked.header("Authorization") != f"token {self.token}":
            return _exception(401, "AuthenticationError", "Authentication required")
        if asked.path == "/api/method/frappe.auth.get_logged_user":
            return told(200, {"message": "mpesa@example.com"})
        if asked.path == "/api/resource/Customer" and asked.method == "GET":
            return self._customers(asked)
        if asked.path != "/api/resource/Payment Entry":
            return _exception(404, "DoesNotExistError", "Not found")
        return self._found(asked) if asked.method == "GET" else self._made(asked.json)

    def _customers(self, asked: Asked) -> Told:
        wanted = {name: value for name, _, value in json.loads(asked.query["filters"])}["name"]
        # MariaDB's collation knows no capitals.
        found = [{"name": name} for name in self.customers if name.lower() == wanted.lower()]
        return told(200, {"data": found})

    def _found(self, asked: Asked) -> Told:
        filters = {name: value for name, _, value in json.loads(asked.query["filters"])}
        wanted = filters.get("mpesa_receipt") or filters.get("reference_no")
        entries = [{"name": f"ACC-PAY-{n}", "reference_no": r} for n, (r, _) in enumerate(self.booked) if r == wanted]
        return told(200, {"data": entries})

    def _made(self, given: dict[str, Any]) -> Told:
        missing = [name for name in _NEEDED if given.get(name) in (None, "")]
        if missing:
            return _exception(417, "MandatoryError", f"[Payment Entry, None]: {', '.join(missing)}")
        if given["party"] not in self.customers:
            return _exception(417, "LinkValidationError", f"Could not find Party: {given['party']}")
        if given["reference_no"] in [receipt for receipt, _ in self.booked]:
            name = given["mpesa_receipt"]
            words = (
                f"('Payment Entry', 'ACC-PAY-9', IntegrityError(\"Duplicate entry '{name}' for key 'mpesa_receipt'\"))"
            )
            return _exception(self.duplicates, "UniqueValidationError", words)
        assert given["docstatus"] == 1, "a draft is no booking"
        assert len(given["reference_no"]) <= 140, "Data fields hold 140 characters"
        self.booked.append((given["reference_no"], f"{given['paid_amount']:.2f}"))
        return told(200, {"data": {"name": f"ACC-PAY-{len(self.booked)}", "docstatus": 1}})


def _exception(status: int, kind: str, message: str) -> Told:
    words = f"frappe.exceptions.{kind}: {message}"
    return told(status, {"exc_type": kind, "exception": words, "_server_messages": "[]"})
