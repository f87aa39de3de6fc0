"""The page of the bundle format."""

from __future__ import annotations

from gateway_core.bundles.layout import MANIFEST, MANIFEST_KEYS
from gateway_core.bundles.read import KIND_FOLDERS, MAX_BYTES, MAX_FILES
from gateway_core.catalog.computed import INPUTS, OBJECT, PARAMETERS, SETTINGS
from gateway_core.catalog.computed_read import COMPUTED_KEYS, INPUT_KEYS, PARAMETER_KEYS
from gateway_core.catalog.keys import (
    APPLICATION_KEYS,
    COLLECTION_KEYS,
    ENDPOINT_KEYS,
    ERROR_SHAPES,
    ODDITIES,
    PIPELINE_KEYS,
    URL_FILTERS,
)
from gateway_core.catalog.openapi_operations import SUMMARIES
from reference.original_bundles import original_bundles
from reference.text import meanings, page

INTRODUCTION = f"""
A bundle is a folder that holds `{MANIFEST}`, or `installation.yaml`. The
[tutorial](../tutorial/your-first-bundle.md) builds one. Beside the manifest only these folders are opened, at
any depth, for their JSON and YAML files; whatever else the folder holds means nothing, and symbolic links are
not followed. A file's `$schema` may name another kind than its folder. Bundles of Common Gateway are read
[as they are](#bundles-of-common-gateway).
"""

AFTER_FOLDERS = f"""
Everything is known by its `$id`, which is compared as text and never fetched. All faults of a bundle are told
together when it is installed, and a bundle with a fault changes nothing. Warnings do not stop it:
`gateway serve` shows the first of them when it installs, `gateway doctor` all. A bundle holds at most
{MAX_FILES} files and {MAX_BYTES // 1024**2} MiB.
"""

SUMMARY = """
`summaries` may hold these, in which `{title}` is the endpoint's title:
"""

CARRIED = """
Behind mappings a PATCH, and a PUT with `put: merge`, work in the client's shape: what the client's change
changes in the mapped object is carried over to the stored one, and what the mapping does not know stays.
"""

COMPUTED = """
### A computed endpoint

One of `endpoints.computed`. A GET of it answers what a mapping makes of an object, of other objects and of
query parameters; see [Answer a question about an object](../how-to/answer-a-question-about-an-object.md).
"""

COMPUTED_INPUT = f"""
The mapping gets one document, all of one state of the store: `{OBJECT}` as it is shown, the `{PARAMETERS}`
that are given, `{INPUTS}` by name (the object that a parameter names, or null; the list that a query found),
and `{SETTINGS}`. An input may filter `from` the object, the parameters, and inputs before it. A value from
there is compared as it is, exactly where the filter names no operator: text such as `IS NULL` means nothing
in it. When it is absent, empty, or does not fit the member, the input is an empty list.
"""

APPLICATION = """
It has no credentials: `gateway app add TITLE` makes them, and until then `gateway serve` names it as waiting.
See [Add an application](../how-to/add-an-application.md).

`limits` are for an application that acts for one user at a time, by the `$id` of endpoints:

```json
{
  "https://example.nl/order.endpoint.json": {
    "methods": ["GET", "PATCH"],
    "filters": {"customer.number": {"claim": "number"}, "kind": {"value": "web"}}
  }
}
```

Such an application gets the scope `own`: it may do what stands here, with objects that all `filters` find,
and nothing else. A `claim` is what the token of the request says under that name, compared as it is;
without it the request is refused. `methods` are `GET` (reading, lists and finding by a body; the default)
and `PATCH`, which changes neither a member that a filter begins with, nor objects that are related. Of what
is related only an object's own parts are embedded and looked into, those that go when it goes
(`x-cascadeDelete`), and nothing is extended. Where the configuration is gone, the application may do nothing.
"""

REST = """
## Schemas

What a schema may say is in [Schemas](schemas.md); what clients may ask of its objects is in
[Queries](queries.md).

## Mappings

What a mapping may say is in [Mappings](mappings.md).

## Data

```json
{
  "https://example.com/petstore/owner.schema.json": [
    {"_id": "3a6a57ef-d905-5e4f-9041-a89c00b05b84", "name": "Ann Example"}
  ]
}
```

All data of a bundle is created in one transaction. An object whose `_id` exists is left as it is. One without
`_id` gets an id that follows from what it says, so it is created once, and anew when it is changed.
"""


def bundle_format() -> str:
    """Folders, the manifest, and each kind of artifact in it."""
    return page(
        "Bundle format",
        INTRODUCTION,
        meanings("Folder", {f"{name}/": text for name, text in KIND_FOLDERS.items()}),
        AFTER_FOLDERS,
        f"## {MANIFEST}\n\n" + meanings("Key", MANIFEST_KEYS),
        "Any other key is a fault. In what follows an unknown key is a warning.",
        "### A collection\n\n" + meanings("Key", COLLECTION_KEYS),
        "`errors` is one of:\n\n" + meanings("Value", dict(ERROR_SHAPES)),
        "`accepts` may hold:\n\n" + meanings("Value", dict(ODDITIES)),
        "`filtersInUrl` is one of:\n\n" + meanings("Value", dict(URL_FILTERS)),
        SUMMARY + "\n" + meanings("Operation", {name: f"else `{text}`" for name, text in SUMMARIES.items()}),
        "### An endpoint\n\n" + meanings("Key", ENDPOINT_KEYS),
        "`mappings` may hold:\n\n" + meanings("Key", PIPELINE_KEYS),
        CARRIED,
        COMPUTED,
        meanings("Key", COMPUTED_KEYS),
        "A parameter may say:\n\n" + meanings("Key", PARAMETER_KEYS),
        "An input may say:\n\n" + meanings("Key", INPUT_KEYS),
        COMPUTED_INPUT,
        "### An application\n\n" + meanings("Key", APPLICATION_KEYS),
        APPLICATION,
        REST,
        *original_bundles(),
    )
