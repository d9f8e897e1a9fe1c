"""TLS: whom we trust, and who we are."""

import os
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from adapters.http.network import ClientCertificate, Network


class FaultyTls(Exception):
    """A file of certificates cannot be used; the text is a sentence for people."""


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context of all ordinary TLS connections.

    Reading its certificates takes longer than a delivery: done once.
    """
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


def context_of(network: Network, *, public: bool = False) -> ssl.SSLContext:
    """Return the context of a destination. With `ca` it trusts that file alone; with `public` the public ones too.

    Raises FaultyTls where a file cannot be used.
    """
    if network.ca is None and network.certificate is None:
        return tls_context()
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH) if public or network.ca is None else _bare()
    if network.ca is not None:
        _load_ca(context, network.ca)
    if network.certificate is not None:
        _load_certificate(context, network.certificate)
    return context


def tls_problems(network: Network) -> Iterator[str]:
    """Yield what is wrong with the files."""
    try:
        context_of(network)
    except FaultyTls as fault:
        yield str(fault)


def _bare() -> ssl.SSLContext:
    """Return a context that trusts nobody yet and checks names; create_default_context would trust the system's."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _load_ca(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise FaultyTls(f"`ca`: {path} holds no certificate in PEM form.") from None
    except OSError as error:
        raise FaultyTls(f"`ca`: {path} cannot be read: {error.strerror}.") from None


def _load_certificate(context: ssl.SSLContext, files: ClientCertificate) -> None:
    password = files.password.reveal() if files.password else ""
    try:
        # Always with a password: without one OpenSSL would ask for it at the terminal.
        context.load_cert_chain(files.cert, files.key, lambda: password)
    except ssl.SSLError as error:
        raise FaultyTls(f"`client_certificate`: {_fault(error, files)}") from None
    except OSError as error:
        # The error names the certificate, whichever of the two it means.
        path = next((path for path in (files.cert, files.key) if path and not os.access(path, os.R_OK)), files.cert)
        raise FaultyTls(f"`client_certificate`: {path} cannot be read: {error.strerror}.") from None


def _fault(error: ssl.SSLError, files: ClientCertificate) -> str:
    key = files.key or files.cert
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key} does not belong to the certificate in {files.cert}."
    # OpenSSL says the same ("PEM lib") of a wrong password and of nonsense.
    if b"ENCRYPTED" in Path(key).read_bytes():
        return f"the key in {key} is encrypted, and `password` does not open it."
    return f"{files.cert} and {key} hold no certificate with its key in PEM form."
