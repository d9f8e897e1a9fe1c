"""The accounting services in the net: QuickBooks Online, Xero, Zoho Books, Sage Accounting. Each has its own handle."""

import json
from typing import Any

from erp.emulated.server import Asked, EmulatedErp, Told, told
from erp.emulated.tokens import Tokens


class QuickBooks(EmulatedErp):
    """`requestid` brings the same answer again and no second payment; refresh tokens rotate."""

    realm = "4620816365"

    def __init__(self) -> None:
        super().__init__()
        self.tokens = Tokens("qbo-client", "qbo-secret-5", "refresh-0")
        self._answers: dict[str, Told] = {}

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/oauth2/v1/tokens/bearer":
            return self.tokens.give(asked)
        if not self.tokens.known(asked):
            return _qbo_fault(401, "AuthenticationFailed", "Token expired")
        if asked.path == f"/v3/company/{self.realm}/companyinfo/{self.realm}":
            return told(200, {"CompanyInfo": {"CompanyName": "Duka"}})
        if asked.path != f"/v3/company/{self.realm}/payment":
            return _qbo_fault(404, "ResourceNotFound", "Not found")
        request_id = asked.query["requestid"]
        assert len(request_id) <= 50, "requestid is at most 50 characters"
        if request_id not in self._answers:
            self._answers[request_id] = self._made(asked.json)
        return self._answers[request_id]

    def _made(self, given: dict[str, Any]) -> Told:
        if given["CustomerRef"]["value"] not in ("12", "99"):
            return _qbo_fault(400, "2500", "Invalid Reference Id : Customer")
        assert len(given["PaymentRefNum"]) <= 21, "PaymentRefNum is at most 21 characters"
        self.booked.append((given["PaymentRefNum"], f"{given['TotalAmt']:.2f}"))
        return told(200, {"Payment": {"Id": str(len(self.booked)), **given}, "time": "2026-11-24T10:00:00Z"})


def _qbo_fault(status: int, code: str, message: str) -> Told:
    fault = {"Error": [{"Message": message, "Detail": message, "code": code}], "type": "ValidationFault"}
    return told(status, {"Fault": fault, "time": "2026-11-24T10:00:00Z"})


class Xero(EmulatedErp):
    """`Idempotency-Key`, at most 128 characters; 60 calls a minute, then 429 with Retry-After."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = Tokens("xero-client", "xero-secret-5", "refresh-0")
        self.xero_tenant = "d1a7e0c5-0000-4000-8000-000000000003"
        self._answers: dict[str, Told] = {}

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/connect/token":
            return self.tokens.give(asked)
        if not self.tokens.known(asked) or asked.header("xero-tenant-id") != self.xero_tenant:
            return told(401, {"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"})
        if asked.path == "/api.xro/2.0/Organisation":
            return told(200, {"Organisations": [{"Name": "Duka"}]})
        if asked.method == "GET":
            wanted = asked.query["where"]
            found = [
                {"BankTransactionID": str(n), "Reference": r, "Status": "AUTHORISED"}
                for n, (r, _) in enumerate(self.booked, 1)
                if wanted == f'Reference=="{r}"'
            ]
            return told(200, {"BankTransactions": found})
        key = asked.header("Idempotency-Key")
        assert 0 < len(key) <= 128, "Idempotency-Key is at most 128 characters"
        if key not in self._answers:
            self._answers[key] = self._made(asked.json)
        return self._answers[key]

    def _made(self, given: dict[str, Any]) -> Told:
        line = given["LineItems"][0]
        if line["AccountCode"] not in ("610", "200"):
            errors = [{"Message": f"Account code '{line['AccountCode']}' is not a valid code for this document."}]
            elements = [{"ValidationErrors": errors}]
            return told(400, {"ErrorNumber": 10, "Type": "ValidationException", "Elements": elements})
        self.booked.append((given["Reference"], f"{line['UnitAmount']:.2f}"))
        return told(200, {"BankTransactions": [{"BankTransactionID": str(len(self.booked))}]})


class ZohoBooks(EmulatedErp):
    """No handle of its own: look up by reference first. `code` other than 0 is a fault, whatever the status."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = Tokens("zoho-client", "zoho-secret-5", "refresh-0")
        self.organization = "10234695"

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/oauth/v2/token":
            return self._token(asked)
        if not self.tokens.known(asked) or not asked.header("Authorization").startswith("Zoho-oauthtoken "):
            return told(401, {"code": 57, "message": "You are not authorized to perform this operation"})
        if asked.query.get("organization_id") != self.organization:
            return told(400, {"code": 6041, "message": "This user is not associated with the CompanyID/CompanyName."})
        if asked.path == "/books/v3/organizations":
            return told(200, {"code": 0, "message": "success", "organizations": []})
        if asked.path != "/books/v3/customerpayments":
            return told(404, {"code": 5, "message": "Invalid URL Passed"})
        if asked.method == "GET":
            wanted = asked.query["reference_number"]
            found = [
                {"payment_id": str(n), "reference_number": r} for n, (r, _) in enumerate(self.booked, 1) if r == wanted
            ]
            return told(200, {"code": 0, "message": "success", "customerpayments": found})
        return self._made(asked.json)

    def _token(self, asked: Asked) -> Told:
        # Zoho's refresh tokens do not rotate: the answer has none.
        kept = self.tokens.refresh
        answer = self.tokens.give(asked)
        self.tokens.refresh = kept
        given = json.loads(answer.body)
        given.pop("refresh_token", None)
        return told(answer.status, given)

    def _made(self, given: dict[str, Any]) -> Told:
        if given["customer_id"] not in ("460000000026049", "460000000099999"):
            return told(200, {"code": 1002, "message": "Customer does not exist."})
        self.booked.append((given["reference_number"], f"{given['amount']:.2f}"))
        payment = {"payment_id": str(len(self.booked))}
        return told(201, {"code": 0, "message": "The payment has been recorded.", "payment": payment})


class SageAccounting(EmulatedErp):
    """`idempotency_id`, 32 hexadecimal digits inside the entity, brings the same answer again."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = Tokens("sage-client", "sage-secret-5", "refresh-0")
        self._answers: dict[str, Told] = {}

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/token":
            return self.tokens.give(asked)
        if not self.tokens.known(asked):
            return told(401, [_sage_fault("AuthenticationFailed", "Bearer token expired")])
        if asked.path == "/v3.1/business":
            return told(200, {"name": "Duka"})
        given = asked.json["contact_payment"]
        key = given["idempotency_id"]
        assert len(key) == 32, "idempotency_id is a GUID without hyphens"
        assert int(key, 16) >= 0
        if key not in self._answers:
            self._answers[key] = self._made(given)
        return self._answers[key]

    def _made(self, given: dict[str, Any]) -> Told:
        if given["contact_id"] not in ("c0ffee", "unmatched"):
            return told(422, [_sage_fault("ValidationError", "Contact: not found")])
        self.booked.append((given["reference"], f"{given['total_amount']:.2f}"))
        return told(201, {"id": f"p{len(self.booked)}", "displayed_as": given["reference"]})


def _sage_fault(code: str, message: str) -> dict[str, str]:
    return {"$severity": "error", "$dataCode": code, "$message": message}
