"""Contexts of encryption: whom we trust, and how we show who we are."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from gateway_core.errors import UpstreamDisabled
from gateway_core.outgoing.protocol import Identity

_KEPT = 64


class Contexts:
    """Makes a context for each identity, and keeps it: making one reads the certificates of the system."""

    def __init__(self) -> None:
        self._plain: ssl.SSLContext | None = None
        self._known: dict[Identity, ssl.SSLContext] = {}

    def of(self, identity: Identity | None) -> ssl.SSLContext:
        """Raises ``UpstreamDisabled`` when a certificate or key cannot be used."""
        if identity is None or identity == Identity():
            if self._plain is None:
                self._plain = ssl.create_default_context()
            return self._plain
        known = self._known.get(identity)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[identity] = _context(identity)
        return known


def _context(identity: Identity) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        if identity.authority:
            context.load_verify_locations(cadata=identity.authority)
        if identity.certificate:
            _load_chain(context, identity)
    except (ssl.SSLError, ValueError):
        raise UpstreamDisabled(
            "the certificate or key for the other system cannot be used",
            cause="both are texts in PEM form; a key with a password needs it beside",
        ) from None
    return context


def _load_chain(context: ssl.SSLContext, identity: Identity) -> None:
    """The library reads certificates from files only: they exist for a moment, for this user alone."""
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:  # mode 0700
        path = Path(folder) / "identity.pem"
        path.touch(mode=0o600)
        path.write_text(f"{identity.certificate}\n{identity.key}\n", encoding="ascii", errors="strict")
        context.load_cert_chain(path, password=identity.password or _no_password)


def _no_password() -> str:
    """Asked for when a key is locked and nobody gave a password; the library would ask the terminal."""
    raise ValueError("the key is locked")
