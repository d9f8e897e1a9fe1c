"""TallyPrime: XML over HTTP on the local network, always 200; what happened stands in the answer."""

from erp.emulated.server import Asked, EmulatedErp, Told
from lxml import etree


class Tally(EmulatedErp):
    """Imports vouchers; knows a voucher again by REMOTEID and can be asked for one by its narration."""

    company = "Duka Moja Ltd"

    def __init__(self) -> None:
        super().__init__()
        self.ledgers = {"M-Pesa 600638", "M-Pesa Unmatched"}
        self._remote: set[str] = set()

    def answer(self, asked: Asked) -> Told:
        try:
            envelope = etree.fromstring(asked.body, etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError:
            return _xml("<RESPONSE>Unknown Request, cannot be processed</RESPONSE>")
        if envelope.findtext(".//SVCURRENTCOMPANY") != self.company:
            return _xml("<RESPONSE><LINEERROR>Could not set &apos;SVCurrentCompany&apos;</LINEERROR></RESPONSE>")
        if envelope.findtext("HEADER/TALLYREQUEST") == "Export":
            return self._exported(envelope)
        return self._imported(envelope)

    def _exported(self, envelope: etree._Element) -> Told:
        formula = envelope.findtext(".//SYSTEM") or ""
        found = "".join(
            f'<VOUCHER VCHTYPE="Receipt"><NARRATION TYPE="String">{r}</NARRATION></VOUCHER>'
            for r, _ in self.booked
            if formula == f'$Narration = "{r}"'
        )
        return _xml(
            "<ENVELOPE><HEADER><VERSION>1</VERSION><STATUS>1</STATUS></HEADER><BODY><DESC/>"
            f"<DATA><COLLECTION>{found}</COLLECTION></DATA></BODY></ENVELOPE>"
        )

    def _imported(self, envelope: etree._Element) -> Told:
        voucher = envelope.find(".//VOUCHER")
        assert voucher is not None
        ledgers = [name.text or "" for name in voucher.iter("LEDGERNAME")]
        unknown = [name for name in ledgers if name not in self.ledgers]
        if unknown:
            return _result(0, 0, f"<LINEERROR>Ledger &apos;{unknown[0]}&apos; does not exist!</LINEERROR>")
        remote = voucher.get("REMOTEID") or ""
        if remote in self._remote:
            return _result(0, 1)
        self._remote.add(remote)
        amounts = [entry.findtext("AMOUNT") or "" for entry in voucher.iter("ALLLEDGERENTRIES.LIST")]
        self.booked.append((voucher.findtext("NARRATION") or "", amounts[-1]))
        return _result(1, 0)


def _result(created: int, altered: int, line: str = "") -> Told:
    errors = 1 if line else 0
    return _xml(
        f"<RESPONSE>{line}<CREATED>{created}</CREATED><ALTERED>{altered}</ALTERED><DELETED>0</DELETED>"
        f"<LASTVCHID>0</LASTVCHID><ERRORS>{errors}</ERRORS></RESPONSE>"
    )


def _xml(text: str) -> Told:
    return Told(200, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})
