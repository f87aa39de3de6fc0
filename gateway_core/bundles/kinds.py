"""How a file says what it configures: by its ``$schema``, its ``$id``, its name and its folder. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from gateway_core.bundles.decode import ENDINGS
from gateway_core.catalog.original import HOME
from gateway_core.types import Kind

# Where Common Gateway keeps the schemas of its kinds, where it kept them before, and no host: ours.
_HOSTS: Final = frozenset({"docs.commongateway.nl", "json-schema.org", ""})


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of artifact with its names: ``type`` is Common Gateway's, ``folder`` that of a flat bundle,
    ``words`` stand in names of files and folders."""

    kind: Kind
    type: str
    folder: str
    words: tuple[str, ...]
    meaning: str

    @property
    def schema(self) -> str:
        """The ``$schema`` of such artifacts of Common Gateway."""
        return f"{HOME}{self.type}.schema.json"


FORMS: Final = (
    Form(Kind.SCHEMA, "Entity", "schemas", ("schema", "schemas", "entity", "schma"), "one schema a file"),
    Form(
        Kind.MAPPING,
        "Mapping",
        "mappings",
        ("mapping", "mappings"),
        "one mapping a file; `….cases.json` beside it are examples for tests and are not installed",
    ),
    Form(
        Kind.COLLECTION,
        "CollectionEntity",
        "collections",
        ("collection", "collections", "collectionentity"),
        "one collection a file: a group of endpoints",
    ),
    Form(Kind.ENDPOINT, "Endpoint", "endpoints", ("endpoint", "endpoints"), "one endpoint a file"),
    Form(
        Kind.COMPUTED, "Computed", "computed", ("computed",), "one computed endpoint a file"
    ),
    Form(
        Kind.APPLICATION,
        "Application",
        "applications",
        ("application", "applications"),
        "one application a file: who is expected to call",
    ),
    Form(Kind.SOURCE, "Gateway", "sources", ("source", "sources", "gateway"), "one foreign API a file"),
    Form(Kind.ACTION, "Action", "actions", ("action", "actions"), "what is done on an event, one a file"),
    Form(
        Kind.CRONJOB, "Cronjob", "cronjobs", ("cronjob", "cronjobs"), "events of the clock, one job a file"
    ),
    Form(Kind.USER, "User", "users", ("user", "users"), "one user a file, disabled and without a password"),
    Form(
        Kind.SECURITY_GROUP,
        "SecurityGroup",
        "securitygroups",
        ("securitygroup", "securitygroups"),
        "one group of users a file",
    ),
    Form(
        Kind.ORGANIZATION,
        "Organization",
        "organizations",
        ("organization", "organizations", "organisation", "organisations"),
        "one organisation a file",
    ),
    Form(Kind.TEMPLATE, "Template", "templates", ("template", "templates"), "one template a file"),
    Form(Kind.CARD, "DashboardCard", "cards", ("card", "cards", "dashboardcard"), "one card of a dashboard"),
    Form(Kind.DATABASE, "Database", "databases", ("database", "databases"), "one database a file"),
    Form(
        Kind.DATA,
        "Data",
        "data",
        ("data",),
        "objects to create, as lists under the `$id` of their schema",
    ),
)  # fmt: skip

FORM_OF: Mapping[Kind, Form] = MappingProxyType({form.kind: form for form in FORMS})
BY_FOLDER: Mapping[str, Form] = MappingProxyType({form.folder: form for form in FORMS})
_BY_WORD: Mapping[str, Form] = MappingProxyType({word: form for form in FORMS for word in form.words})
_BY_TYPE: Mapping[str, Form] = MappingProxyType({form.type.lower(): form for form in FORMS})


def named_kind(schema: object) -> Kind | None:
    """The kind that a ``$schema`` names: Common Gateway's own, with or without ``.schema.json``, those it had
    before, or a file of ours by a relative path. None for the schema of somebody's objects."""
    if not isinstance(schema, str) or _host(schema) not in _HOSTS:
        return None
    word = _stem(schema)
    form = _BY_TYPE.get(word) or _BY_WORD.get(word)
    return form.kind if form is not None else None


def is_of_the_core(schema: str) -> bool:
    """Whether a ``$schema`` is a place of Common Gateway's own kinds, known or not."""
    return bool(_host(schema)) and _host(schema) in _HOSTS


def implied_kind(path: str, reference: str) -> Kind | None:
    """The kind that the end of an ``$id`` implies, else that of the file's name, else its nearest folder."""
    for name in (reference, path):
        form = _BY_WORD.get(_ending(name))
        if form is not None:
            return form.kind
    folders = reversed(path.split("/")[:-1])
    return next((form.kind for folder in folders if (form := _BY_WORD.get(folder.lower()))), None)


def type_names() -> Iterable[str]:
    """The names of Common Gateway's kinds, for a suggestion."""
    return (form.type for form in FORMS if form.kind is not Kind.DATA)


def _host(schema: str) -> str:
    try:
        return urlsplit(schema).netloc.lower()
    except ValueError:  # brackets that are no address
        return "?"


def _stem(schema: str) -> str:
    last = schema.rstrip("/#").rpartition("/")[2].lower()
    return last.removesuffix(".json").removesuffix(".schema")


def _ending(name: str) -> str:
    """``mapping`` in ``a/b.mapping.json``."""
    last = name.rpartition("/")[2].lower()
    for ending in ENDINGS:
        last = last.removesuffix(ending)
    return last.rpartition(".")[2] if "." in last else ""
