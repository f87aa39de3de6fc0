"""Artifacts in the form that Common Gateway gave them, which is told by their ``$schema``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway_core.catalog.endpoints import Accepts, Collection, ErrorShape, Unknown
from gateway_core.types import Artifact, Reference

# Where Common Gateway keeps the schemas of its own kinds (``common-gateway.md`` 1.2).
HOME: Final = "https://docs.commongateway.nl/schemas/"
# The application whose configuration holds for whoever is known as no other.
DEFAULT_APPLICATION: Final[Reference] = "https://docs.commongateway.nl/application/default.application.json"
LINK: Final = "link"  # a collection that a manifest names to say which schemas belong to it
OPTIONAL: Final = "$optional"  # test data, created only when it is asked for


def is_original(artifact: Artifact) -> bool:
    """Whether an artifact is in Common Gateway's form: what cannot be used of it is rejected by itself,
    as it would be passed over there, instead of refusing the bundle."""
    schema = artifact.body.get("$schema")
    return isinstance(schema, str) and schema.startswith(HOME)


def original_collection(reference: Reference, title: str = "", **more: Any) -> Collection:
    """A collection as clients of Common Gateway know them: errors as ``message``, ``data`` and ``path``, what
    no schema knows passed over, an id in the query, a body without a media type."""
    return Collection(
        reference=reference,
        title=title,
        errors=ErrorShape.MESSAGE,
        accepts=frozenset(Accepts),
        unknown=Unknown.IGNORE,
        **more,
    )


def handler_name(name: str) -> str:
    r"""The one spelling of the name of a class: ``Acme\Shop\OrderHandler`` is ``Acme.Shop.OrderHandler``."""
    return name.strip().strip("\\").replace("\\", ".").replace("/", ".")


def text(body: Mapping[str, Any], *keys: str) -> str:
    """The first of the members that is a text with something in it; empty when none is."""
    values = (body.get(key) for key in keys)
    return next((value for value in values if isinstance(value, str) and value), "")
