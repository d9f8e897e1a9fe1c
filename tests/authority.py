"""A private certificate authority of a test: certificates for servers and clients, made by the openssl command."""

import ssl
import subprocess
from pathlib import Path


class Authority:
    """A CA in a folder. Everything it makes is valid for two days."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca = folder / "ca.pem"
        make = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=private-ca"
        self._openssl(*make.split(), "-keyout", folder / "ca.key", "-out", self.ca)

    def certificate(self, name: str, names: str = "IP:127.0.0.1", password: str | None = None) -> tuple[Path, Path]:
        """Return the files of a new certificate and its key, encrypted where there is a password."""
        cert, key, asked = (self._folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        locked = ("-passout", f"pass:{password}") if password else ("-nodes",)
        self._openssl("req", "-newkey", "rsa:2048", "-subj", f"/CN={name}", "-keyout", key, "-out", asked, *locked)
        extension = self._folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={names}\n")
        signed_by = ("-CA", self.ca, "-CAkey", self._folder / "ca.key", "-CAcreateserial")
        self._openssl("x509", "-req", "-days", "2", "-in", asked, *signed_by, "-extfile", extension, "-out", cert)
        return cert, key

    def server(self, *, asks_for_certificates: bool = False, names: str = "IP:127.0.0.1") -> ssl.SSLContext:
        """Return the context of a server that shows a certificate of this authority, and may ask for one of it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate("server", names))
        if asks_for_certificates:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca)
        return context

    def _openssl(self, *arguments: str | Path) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
