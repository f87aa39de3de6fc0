"""The page of sources and cronjobs."""

from __future__ import annotations

from gateway_core.catalog.cronjobs import CRONJOB_KEYS
from gateway_core.catalog.original_sources import ORIGINAL_KEYS
from gateway_core.catalog.read_sources import AUTHENTICATION, SOURCE_KEYS
from gateway_core.catalog.sources import PASSED_REQUEST_HEADERS, PASSED_RESPONSE_HEADERS
from gateway_core.outgoing.secrets import PREFIX
from reference.text import meanings, page

INTRODUCTION = """
A *source* is another system that is called: by endpoints that hand requests on, by mappings (`call`), by
actions (`call`, `proxy`, `extend`, `synchronize`). It is one file in `sources/` of a bundle. [Call
another system](../how-to/call-another-system.md) shows one at work.
"""

SECRETS = f"""
## Secrets and variables

A text of a source may name a variable, `${{NAME}}`. Its value is that of the variable `{PREFIX}NAME` of
the environment, or else of the file or folder that `GATEWAY_SECRETS` names: a file of lines `NAME=value`,
in which a value in double quotes is read as JSON has it (`\\n` ends a line), or a folder with a file for
each name. No other variable of the environment can be reached. Values are read at the start, and stand in
no store, export, log or error.

A secret that stands in a source itself (a key, password, token, private key, or a header such as
`Authorization`) stops the installation. In a bundle of Common Gateway it is left out with a warning, and
the name that is asked for instead begins with the last part of the source's `$id`: for
`buren.kvk.source.json` the API key is `${{BUREN_KVK_APIKEY}}`, an address that is to be filled in
`${{BUREN_KVK_LOCATION}}`. `gateway source list` shows what has no value.

Of every source, `{PREFIX}<NAME>_URL` replaces the address and `{PREFIX}<NAME>_ENABLED` (`true` or
`false`) the switch. A bundle that names a secret gets it sent to the address that the bundle says: read
sources of others as you read their code.
"""

AUTH = """
## Authentication

`authentication` is an object with a `kind`:
"""

CALLS = """
## How a source is called

- Only at its address and below it, by http or https, at addresses of the open internet or those that
  `GATEWAY_OUTGOING_ALLOW` lists. The address is checked where the connection is made, so that neither
  names that lead inside nor odd spellings get past. Redirects are followed on the same host, three at
  most.
- `totalSeconds` bound a whole call, and `maxAnswer` its answer, packed or not.
- GET, HEAD, PUT and DELETE are repeated when there was no answer, or 429, 502, 503 or 504; other methods
  are not.
- A certificate of the other side is always checked; `certificate.authority` adds an authority of one's
  own.
- Answers in XML become objects: attributes as `@name`, elements by their names with prefix, several of
  one name as a list, text beside attributes as `#`. XML with a document type is refused.
- The `traceparent` of a request (W3C Trace Context) goes on to the sources that are called for it.
- The log has a line for each call with source, method, status, time and attempts: no path, query, body or
  secret.

## Mappings around calls

`mappings` holds, for an exact path or for `global`, what goes through a mapping: `out.query`,
`out.headers` and `out.body` on the way there, `in.headers` and `in.body` on the way back. `in.error` gets
`statusCode`, `headers` and `body` of an answer of 400 and above, and makes one of `statusCode` and
`body`. Each is `{"mapping": "<$id>"}`.

## Endpoints that hand requests on

"""

CRON = """
## Cronjobs

A cronjob is one file in `cronjobs/`. It throws its events when it is due, and actions do the work. Of all
gateways that share a store one throws. Runs that were missed while none was there are made up for once,
when they were due within the last hour; older ones are skipped. Where clocks are put forward or back, a
daily job is due once a day.
"""


def sources() -> str:
    """Every key of a source and of a cronjob, and how a source is called."""
    kinds = {kind.value: text for kind, text in AUTHENTICATION.items()}
    request = ", ".join(f"`{name}`" for name in sorted(PASSED_REQUEST_HEADERS))
    answer = ", ".join(f"`{name}`" for name in sorted(PASSED_RESPONSE_HEADERS))
    passed = (
        f"Requests pass with the headers {request}, answers with {answer}, and those in `passedHeaders`. "
        "Credentials and cookies of the client stay here. A 401 of the source is 502: it speaks of our "
        "credentials."
    )
    return page(
        "Sources",
        INTRODUCTION,
        "## A source\n\n" + meanings("Key", SOURCE_KEYS),
        AUTH + "\n" + meanings("Kind", kinds),
        SECRETS,
        CALLS,
        passed,
        CRON,
        meanings("Key", CRONJOB_KEYS),
        "## Sources of Common Gateway\n\nRead as they are; what each key becomes:\n\n"
        + meanings("Key", ORIGINAL_KEYS),
    )
