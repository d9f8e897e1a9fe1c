"""Business Central, API v2.0: lines of a customer payment journal; OAuth 2 client credentials; nothing is unique."""

from erp.emulated.server import Asked, EmulatedErp, Told, quoted, told
from erp.emulated.tokens import Tokens

CUSTOMERS = ("10000", "99999")


class BusinessCentral(EmulatedErp):
    """The lines lie in the journal until somebody posts it; 6,000 requests in five minutes, else 429."""

    company = "6b7c1f2e-0000-4000-8000-000000000001"
    journal = "9d2e8a10-0000-4000-8000-000000000002"

    def __init__(self) -> None:
        super().__init__()
        self.tokens = Tokens("pesagate", "client-secret-77")
        # How many of the lines, the first ones, have been posted.
        self.posted = 0

    def post_journal(self) -> None:
        """Post the journal as a person does: its lines leave it and stand in the ledger, in capitals as they came."""
        self.posted = len(self.booked)

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/oauth2/v2.0/token":
            return self.tokens.give(asked)
        if not self.tokens.known(asked):
            return _fault(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.")
        base = f"/api/v2.0/companies({self.company})"
        if asked.path == base:
            return told(200, {"id": self.company, "name": "Duka"})
        if asked.path == f"{base}/customers":
            found = [{"number": number} for number in CUSTOMERS if asked.query["$filter"] == f"number eq '{number}'"]
            return told(200, {"value": found})
        if asked.path == f"{base}/generalLedgerEntries":
            return self._ledger(asked)
        if asked.path != f"{base}/customerPaymentJournals({self.journal})/customerPayments":
            return _fault(
                404, "BadRequest_ResourceNotFound", "No HTTP resource was found that matches the request URI."
            )
        return self._found(asked) if asked.method == "GET" else self._made(asked)

    def _found(self, asked: Asked) -> Told:
        wanted = asked.query["$filter"]
        rows = [
            {"id": f"line-{n}", "externalDocumentNumber": receipt}
            for n, (receipt, _) in enumerate(self.booked[self.posted :], 1)
            if wanted == f"externalDocumentNumber eq {quoted(receipt)}"
        ]
        return told(200, {"value": rows})

    def _ledger(self, asked: Asked) -> Told:
        wanted = asked.query["$filter"]
        rows = [
            {"documentNumber": receipt}
            for receipt, _ in self.booked[: self.posted]
            if wanted == f"documentNumber eq {quoted(receipt)}"
        ]
        # The money account and the receivables.
        return told(200, {"value": rows * 2})

    def _made(self, asked: Asked) -> Told:
        given = asked.json
        if given["customerNumber"] not in CUSTOMERS:
            words = "The field Customer No. of table Gen. Journal Line contains a value that cannot be found."
            return _fault(400, "Internal_RecordNotFound", words)
        assert len(given["documentNumber"]) <= 20, "Code[20]"
        assert given["documentNumber"].isupper(), "a Code is kept in capitals"
        assert len(given["description"]) <= 100, "Text[100]"
        self.booked.append((given["externalDocumentNumber"], f"{-given['amount']:.2f}"))
        return told(201, {"id": f"line-{len(self.booked)}", "@odata.etag": 'W/"1"', **given})


def _fault(status: int, code: str, message: str) -> Told:
    return told(status, {"error": {"code": code, "message": message}})
