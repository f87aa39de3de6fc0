"""The part of the page of the bundle format that tells of bundles of Common Gateway."""

from __future__ import annotations

from gateway_core.bundles.archive import ARCHIVES, MAX_RATIO
from gateway_core.bundles.kinds import FORMS
from gateway_core.bundles.packages import BUNDLES, HANDLERS
from gateway_core.catalog.keys import (
    ORIGINAL_APPLICATION_KEYS,
    ORIGINAL_COLLECTION_KEYS,
    ORIGINAL_ENDPOINT_KEYS,
)
from gateway_core.types import Kind
from reference.text import meanings, table

PLACES = f"""
## Where bundles are read from

`gateway bundle plan` and `install`, and `GATEWAY_BUNDLES`, take

- a folder, which may be a git checkout: `.git`, and every other name that begins with a dot, is never
  read;
- an archive ({", ".join(f"`{ending}`" for ending in ARCHIVES)}) of such a folder, read member by member
  in memory. A name that leads out of it, a link or device where a file is expected, an encrypted member,
  one that swells to more than {MAX_RATIO} times its size, and too much of anything refuse the archive;
- the name of a bundle that comes with the gateway, or with an installed Python package: an entry point of
  the group `{BUNDLES}` has the bundle's name, and the package that holds its files for its value. The
  package is found and not imported.

```toml
[project.entry-points."{BUNDLES}"]
Shop = "acme_shop.bundle"
```

JSON and YAML (`.yaml`, `.yml`) say the same. Of YAML only what JSON can say is read: no anchors, aliases,
tags or merges, one document a file, and no scalars but those of JSON, so that `no` is a text. Files are
UTF-8.
"""

LAYOUT = """
## Bundles of Common Gateway

A bundle without a manifest of ours at the top, but with a folder `Installation`, is read as Common
Gateway reads it: every file below it, at any depth, says what it is by its `$schema`, or is a map from
types to lists. The older folders beside `Installation` (`Action`, `Schema`, `Source`, `Mapping`, `Data`,
…) are read too, for their JSON and YAML files. `$schema` may be spelled as it was earlier, and with or
without `.schema.json`. Without `$schema`, the end of the `$id`, of the file's name or the folder tells
the kind, and a note says so. The bundle's name and version are those of `composer.json`, else those of
the folder (`ShopBundle-1.2.0`).

Nothing is lost in silence. What cannot be used (a file that is no JSON, with line and column; an unknown
kind; a schema that cannot be translated; an endpoint on what is not installed; an object that breaks its
schema) is *rejected* by itself, with a warning that names it, and the rest installs. In a flat bundle
such a fault refuses the installation. What became of every artifact of nine public bundles is in [Public
bundles](public-bundles.md).
"""

KINDS = """
### Kinds

The kinds, their `$schema` (below `https://docs.commongateway.nl/schemas/`) and what becomes of them:
"""

WHAT = {
    Kind.SCHEMA: "translated, see [Schemas](schemas.md)",
    Kind.MAPPING: "compiled, see [Mappings](mappings.md)",
    Kind.COLLECTION: "served; errors, oddities and unknown members as clients of Common Gateway know them",
    Kind.ENDPOINT: "served, see below; those for events alone answer 405 until somebody hears them",
    Kind.APPLICATION: "its `configuration` holds for its requests; `gateway app add` makes credentials",
    Kind.SOURCE: "called, once it is switched on; secrets in the file are left out, and named",
    Kind.ACTION: "recorded; its `class` is named as needing a handler, unless a package registers one",
    Kind.CRONJOB: "recorded",
    Kind.USER: "recorded, disabled and without a password",
    Kind.SECURITY_GROUP: "recorded, disabled",
    Kind.ORGANIZATION: "recorded",
    Kind.TEMPLATE: "recorded; also from `templates` of the manifest",
    Kind.CARD: "recorded; also from `cards` of the manifest",
    Kind.DATABASE: "recorded",
}

MANIFEST = """
### Its installation.json

`collections`, `schemas` (`defaultSource`, `createAuditTrails`), `endpoints` (`schemas`,
`multipleSchemas`, `sources`, with `subEndpoints` and `subSchemaEndpoints`), `actions` (`handlers`,
`fixConfigRef`), `cronjobs`, `applications`, `users`, `templates`, `cards` and `installationService`. Each
entry becomes an artifact. `installationService` and each `class` are names of PHP: they are kept, and
need a handler in Python. A package registers one by an entry point whose name is the class, with dots for
backslashes:

```toml
[project.entry-points."{handlers}"]
"Acme.ShopBundle.ActionHandler.PayHandler" = "acme_shop.pay:PayHandler"
```

Objects in a file `data.json` are created; those in other files are test data, which is kept and not created.
An object's `id` serves as its `_id`.
""".replace("{handlers}", HANDLERS)

ENDPOINTS = """
### Its endpoints

An entry of `subEndpoints` is found at `/<path of the other>/{id}/<path>`, has the methods and events that
it says itself, and answers 405 with an empty `Allow` until a handler hears its events. One of
`subSchemaEndpoints` is found at `/<path of the other>/{id}/<path>[/{id}]` and serves the objects whose
relation leads to the one above; what is created there belongs to it. `multipleSchemas` lists the objects of
several schemas, one schema after the other. A `pathRegex` is read for the path that it says,
`^shop/orders/?([a-z0-9-]+)?$` for `shop/orders` with an id behind it; the slash is needed. What says more
is matched with RE2. Two endpoints at one path: the first serves it, ours before those of Common Gateway,
and the other is rejected.
"""

CONFIGURATION = """
### What applications configure

`configuration` of an application is a list of objects from an endpoint (its `$id`, or its path such as
`/shop/v1/orders`, or `global`) to

```json
{
  "in": {"query": {"mapping": "…"}, "body": {"mapping": "…"}},
  "out": {"body": {"mapping": "…"}, "embedded": {"unset": true}}
}
```

`in` and `out` count each as a whole: from the first object of the list that has it, by `$id` before path
before `global`. `out.body` makes the whole answer, of an object and of a page; `unset: {"except": ["…"]}`
leaves `embedded` for clients that accept one of these types. The configuration holds for requests with
the credentials of that application (`gateway app add`). That of
`https://docs.commongateway.nl/application/default.application.json` holds for everybody who is known as
no application with a configuration of its own.
"""

SHARED = """
### One reference in several bundles

Bundles of Common Gateway may bring artifacts with one `$id`; in our form an artifact has one owner. Those
that say the same are one. Of different ones that with the highest version holds, of equal versions the
one that was installed first, and a warning names both. An application's `configuration` is joined by
endpoint, and its `domains` are; where two say different things of one endpoint, the bundle that holds
wins, and a warning names the endpoint. A collection is joined with the schemas that other manifests add
to it. Endpoints with one `$id` and different paths are all served.
"""


def original_bundles() -> tuple[str, ...]:
    """The parts of the page, in order."""
    kinds = ((f.kind.value, f"`{f.type}`", WHAT[f.kind]) for f in FORMS if f.kind in WHAT)
    return (
        PLACES,
        LAYOUT,
        KINDS,
        table(("Kind", "`$schema`", "What becomes of it"), kinds),
        MANIFEST,
        "### A collection of Common Gateway\n\n" + meanings("Key", ORIGINAL_COLLECTION_KEYS),
        ENDPOINTS,
        meanings("Key", ORIGINAL_ENDPOINT_KEYS),
        CONFIGURATION,
        meanings("Key", ORIGINAL_APPLICATION_KEYS),
        SHARED,
    )
