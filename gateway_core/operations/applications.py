"""Applications and the credentials they are given, shown once and never again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway_core.errors import BadRequest, Conflict
from gateway_core.operations.access import ALL_SCOPES, SCOPES, hash_key
from gateway_core.store.protocol import ApplicationRecord, Store
from gateway_core.types import Artifact, Kind

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an application authenticates with. ``api_key`` is kept only as a hash."""

    name: str
    api_key: str
    client_id: str
    secret: str


def add_application(
    store: Store,
    name: str,
    now: datetime,
    *,
    scopes: Sequence[str] = SCOPES,
    client_id: str | None = None,
    secret: str | None = None,
    reference: str | None = None,
) -> Credentials:
    """Create an application with an API key, a client id and a secret for signing tokens.

    A ``client_id`` and ``secret`` may be given, for a client that is configured already.
    Raises ``Conflict`` when the name or client id is in use, ``BadRequest`` for an unknown scope.
    """
    unknown = sorted(set(scopes) - set(ALL_SCOPES))
    if unknown or not scopes:
        named = f"scope '{unknown[0]}' does not exist" if unknown else "an application needs a scope"
        raise BadRequest(named, hint=f"Scopes are: {', '.join(ALL_SCOPES)}.")
    chosen = client_id or name
    for other in store.applications():
        if other.name == name or other.client_id == chosen:
            raise Conflict(
                f"there is an application '{other.name}' with client id '{other.client_id}' already"
            )
    if secret is not None and len(secret) < 16:
        raise BadRequest("the secret is shorter than 16 characters", hint="Leave it out to have one made.")
    key = secrets.token_urlsafe(KEY_BYTES)
    given = secret or secrets.token_urlsafe(KEY_BYTES)
    record = ApplicationRecord(
        name=name,
        client_id=chosen,
        key_hash=hash_key(key),
        secret=given,
        scopes=tuple(scopes),
        created=now,
        reference=reference,
    )
    store.put_application(record)
    return Credentials(name, key, chosen, given)


def declared(artifacts: Sequence[Artifact], store: Store) -> list[tuple[str, Artifact]]:
    """The applications that the configuration names and that have no credentials yet."""
    known = {record.reference for record in store.applications()}
    listed = [a for a in artifacts if a.kind is Kind.APPLICATION and a.reference not in known]
    return [(str(a.body.get("title") or a.reference), a) for a in listed]
