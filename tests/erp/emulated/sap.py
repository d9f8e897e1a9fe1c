"""SAP Business One, Service Layer v2: a session by cookies, incoming payments, nothing is unique."""

from itertools import count

from erp.emulated.server import Asked, EmulatedErp, Told, quoted, told

CUSTOMERS = ("C001", "C999")


class SapB1(EmulatedErp):
    """`POST /b1s/v2/Login` gives B1SESSION and ROUTEID; both have to come back, else 401."""

    prefix = "/b1s/v2"

    def __init__(self) -> None:
        super().__init__()
        self.company, self.user, self.password = "DUKA", "mpesa", "b1-password"
        self.logins = 0
        self._sessions: set[str] = set()
        self._numbers = count(1)

    def expire(self) -> None:
        """Let every session end, as after thirty idle minutes."""
        self._sessions.clear()

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/b1s/v2/Login":
            return self._login(asked)
        cookies = dict(part.split("=", 1) for part in asked.header("Cookie").split("; ") if "=" in part)
        if cookies.get("B1SESSION") not in self._sessions or cookies.get("ROUTEID") != ".node1":
            return _fault(401, "301", "Invalid session or session already timeout.")
        if asked.path == "/b1s/v2/BusinessPartners":
            found = [{"CardCode": code} for code in CUSTOMERS if f"CardCode eq '{code}'" in asked.query["$filter"]]
            return told(200, {"value": found})
        if not asked.path.startswith("/b1s/v2/IncomingPayments"):
            return _fault(404, "-2028", "Resource not found for the segment")
        return self._found(asked) if asked.method == "GET" else self._made(asked)

    def _login(self, asked: Asked) -> Told:
        if asked.json != {"CompanyDB": self.company, "UserName": self.user, "Password": self.password}:
            return _fault(401, "100000027", "Login failed")
        self.logins += 1
        session = f"session-{next(self._numbers)}"
        self._sessions.add(session)
        answer = told(200, {"SessionId": session, "Version": "1000190", "SessionTimeout": 30})
        return _with_cookies(answer, session)

    def _found(self, asked: Asked) -> Told:
        wanted = asked.query.get("$filter", "")
        rows = [
            {"DocEntry": n, "TransferReference": receipt}
            for n, (receipt, _) in enumerate(self.booked, 1)
            if wanted == f"TransferReference eq {quoted(receipt)}"
        ]
        return told(200, {"odata.metadata": "...", "value": rows})

    def _made(self, asked: Asked) -> Told:
        given = asked.json
        if given["CardCode"] not in CUSTOMERS:
            return _fault(400, "-5002", f"Invalid BP code '{given['CardCode']}'")
        assert len(given["TransferReference"]) <= 27, "nVarChar(27)"
        assert len(given["Remarks"]) <= 254, "nVarChar(254)"
        self.booked.append((given["TransferReference"], f"{given['TransferSum']:.2f}"))
        return told(201, {"DocEntry": len(self.booked), "DocNum": len(self.booked)})


def _with_cookies(answer: Told, session: str) -> Told:
    # One header each: the second one in small letters, since a mapping holds a name once.
    cookies = {"Set-Cookie": f"B1SESSION={session};HttpOnly;Path=/b1s", "set-cookie": "ROUTEID=.node1;path=/b1s"}
    return Told(answer.status, answer.body, {**answer.headers, **cookies})


def _fault(status: int, code: str, message: str) -> Told:
    return told(status, {"error": {"code": code, "message": {"lang": "en-us", "value": message}}})
