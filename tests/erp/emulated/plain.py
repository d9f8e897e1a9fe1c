"""An endpoint of one's own, as people write them: JSON with a bearer token; a receipt that is known changes nothing."""

from erp.emulated.server import Asked, EmulatedErp, Told, told

_FIELDS = {"receipt", "amount", "currency", "reference", "payer", "msisdn", "shortcode", "paid_at", "event"}


class PlainReceiver(EmulatedErp):
    """`POST /payments`; the same receipt again gets the same answer and makes no second record."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "plain-token-5"

    def answer(self, asked: Asked) -> Told:
        if asked.header("Authorization") != f"Bearer {self.token}":
            return told(401, {"error": "the till's token is not known here"})
        if asked.path != "/payments":
            return told(404, {"error": "no such page"})
        if asked.method != "POST":
            return told(405, {"error": "payments are posted"})
        given = asked.json
        if set(given) != _FIELDS:
            return told(422, {"error": "other fields are expected"})
        if given["receipt"] not in [receipt for receipt, _ in self.booked]:
            self.booked.append((given["receipt"], given["amount"]))
        return told(200, {"id": [receipt for receipt, _ in self.booked].index(given["receipt"]) + 1})
