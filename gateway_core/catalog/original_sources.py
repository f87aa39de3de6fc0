"""Sources of Common Gateway, written over in our form.

What the original reads and where it stands is told by ``common-gateway.md`` 1.6 and 7.5. Secrets do not
stand in files: where one is needed, the variable is named after the source and the member, so that an
administrator gives it without touching the bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from gateway_core.catalog.source_fields import SECRET_HEADERS, is_variable, variables
from gateway_core.catalog.sources import AuthKind, Credentials
from gateway_core.types import Json, JsonObject, Reference

ORIGINAL_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "$id": "`$id`",
        "title": "`title`",
        "name": "`title`",
        "description": "`description`",
        "version": "`version`",
        "location": "`url`",
        "isEnabled": "`enabled`",
        "type": "has no effect: what an answer is follows from its media type",
        "accept": "the header `Accept`",
        "auth": "`authentication.kind`: `none`, `apikey`, `username-password`, `jwt`, `jwt-HS256`, `oauth`; "
        "others cannot be used",
        "authorizationHeader": "`authentication.name`",
        "authorizationPassthroughMethod": "`authentication.in`",
        "username": "`authentication.username` or `clientId`",
        "password": "`authentication.password` or `clientSecret`, as `${NAME}`",
        "apikey": "`authentication.key`, as `${NAME}`",
        "apiKey": "as `apikey`",
        "jwtId": "`authentication.clientId`",
        "secret": "`authentication.secret`, as `${NAME}`",
        "jwt": "`authentication.secret`, as `${NAME}`",
        "authenticationConfig": "for OAuth2: `tokenUrl`, `tokenField`, `additionalFields` (`fields`), "
        "`headers`",
        "headers": "`headers`",
        "configuration": "`headers`, `query`, `timeout`, `connect_timeout`, `cert` and `ssl_key` (as "
        "`${NAME}`); `verify: false` has no effect: give the authority instead",
        "endpointsConfig": "`mappings`",
        "documentation": "for people",
        "locale": "has no effect",
        "loggingConfig": "has no effect: bodies are never logged",
        "translationConfig": "has no effect",
    }
)
PLACEHOLDER: Final = "ChangeMe"
_KINDS: Final[Mapping[str, AuthKind]] = MappingProxyType(
    {
        "": AuthKind.NONE,
        "none": AuthKind.NONE,
        "apikey": AuthKind.API_KEY,
        "username-password": AuthKind.BASIC,
        "jwt": AuthKind.ZGW_JWT,
        "jwt-HS256": AuthKind.ZGW_JWT,
        "oauth": AuthKind.OAUTH2,
    }
)
_CASES: Final[Mapping[str, Credentials]] = MappingProxyType(
    {
        "json body": Credentials.JSON,
        "json_body": Credentials.JSON,
        "form": Credentials.FORM,
        "form_params": Credentials.FORM,
        "query": Credentials.QUERY,
        "base_auth": Credentials.BASIC,
    }
)
_IGNORED_OPTIONS: Final = frozenset({"verify", "http_errors", "allow_redirects", "decode_content", "path"})


def in_our_form(reference: Reference, body: Mapping[str, Any], fault: Callable[[str], None]) -> JsonObject:
    """The body of a source as we write it; ``fault`` hears what cannot be carried over."""
    return _Original(reference, body, fault).written_over()


class _Original:
    def __init__(self, reference: Reference, body: Mapping[str, Any], fault: Callable[[str], None]) -> None:
        self._stem, self._body, self._fault = variables(reference), body, fault

    def written_over(self) -> JsonObject:
        body = self._body
        options = self._options()
        headers = self._headers(options.get("headers"), body.get("headers"))
        if isinstance(body.get("accept"), str) and not any(name.lower() == "accept" for name in headers):
            headers["Accept"] = body["accept"]
        ours: JsonObject = {
            "title": body.get("title") or body.get("name"),
            "description": body.get("description"),
            "url": self._value("location", "LOCATION"),
            "enabled": body.get("isEnabled"),
            "authentication": self._authentication(),
            "certificate": self._certificate(options),
            "headers": headers,
            "query": options.get("query"),
            "mappings": body.get("endpointsConfig"),
        }
        for option, member in (("timeout", "totalSeconds"), ("connect_timeout", "connectSeconds")):
            seconds = options.get(option)
            if isinstance(seconds, int | float) and seconds:  # 0 waits for ever in the original
                ours[member] = min(max(seconds, 0.1), 60 if option == "connect_timeout" else 120)
        return {name: value for name, value in ours.items() if value is not None}

    def _value(self, member: str, suffix: str) -> str:
        """A member that a municipality fills in: as it stands, or the variable for what does not."""
        value = self._body.get(member)
        if isinstance(value, str) and value.strip() and PLACEHOLDER not in value:
            return value
        return f"${{{self._stem}_{suffix}}}"

    def _secret(self, *members: str) -> str:
        """A secret by its variable: that which is named, else the one of this source and member."""
        for member in members:
            value = self._body.get(member)
            if isinstance(value, str) and is_variable(value):
                return value
        return f"${{{self._stem}_{members[0].upper()}}}"

    def _headers(self, *given: Json) -> dict[str, Any]:
        """The headers of the options and of the source; one that shows who we are becomes a variable."""
        headers: dict[str, Any] = {}
        for listed in given:
            for name, value in listed.items() if isinstance(listed, dict) else ():
                text = str(value)
                secret = name.lower() in SECRET_HEADERS and not is_variable(text)
                known = next((each for each in headers if each.lower() == name.lower()), name)
                stem = "".join(letter if letter.isalnum() else "_" for letter in name).upper()
                headers[known] = f"${{{self._stem}_{stem}}}" if secret or PLACEHOLDER in text else value
        return headers

    def _options(self) -> JsonObject:
        options = self._body.get("configuration")
        if options in (None, []):
            return {}
        if not isinstance(options, dict):
            self._fault("'configuration' must be an object")
            return {}
        known = {"headers", "query", "timeout", "connect_timeout", "cert", "ssl_key"} | _IGNORED_OPTIONS
        for name in sorted(options.keys() - known):
            self._fault(f"'configuration.{name[:50]}' is an option that is not known here")
        return options

    def _certificate(self, options: JsonObject) -> JsonObject | None:
        if not ("cert" in options or "ssl_key" in options):
            return None
        key = options.get("ssl_key")
        named, password = key if isinstance(key, list) and len(key) == 2 else (key, None)
        found = {
            "certificate": self._pem(options.get("cert"), "CERT"),
            "key": self._pem(named, "SSL_KEY"),
        }
        if password is not None:
            found["password"] = self._pem(password, "SSL_PASSWORD")
        return found

    def _pem(self, value: Json, suffix: str) -> str:
        return value if isinstance(value, str) and is_variable(value) else f"${{{self._stem}_{suffix}}}"

    def _authentication(self) -> JsonObject:
        named = str(self._body.get("auth") or "")
        kind = _KINDS.get(named)
        if kind is None:
            self._fault(f"'auth' is '{named[:50]}', a way to show who we are that is not known here")
            return {}
        if kind is AuthKind.NONE:
            return {}
        if kind is AuthKind.API_KEY:
            return {
                "kind": kind.value,
                "in": self._body.get("authorizationPassthroughMethod") or "header",
                "name": self._body.get("authorizationHeader") or "Authorization",
                "key": self._secret("apikey", "apiKey"),
            }
        if kind is AuthKind.BASIC:
            return {
                "kind": kind.value,
                "username": self._value("username", "USERNAME"),
                "password": self._secret("password"),
            }
        if kind is AuthKind.ZGW_JWT:
            return {
                "kind": kind.value,
                "clientId": self._value("jwtId", "JWTID"),
                "secret": self._secret("secret", "jwt"),
            }
        return self._oauth()

    def _oauth(self) -> JsonObject:
        config = self._body.get("authenticationConfig")
        config = config if isinstance(config, dict) else {}
        given = config.get("headers")
        headers: JsonObject = given if isinstance(given, dict) else {}
        typed = str(next((v for n, v in headers.items() if n.lower() == "content-type"), ""))
        case = _CASES.get(str(config.get("case") or "").lower())
        fields = config.get("additionalFields")
        url = config.get("tokenUrl")
        named = isinstance(url, str) and url and PLACEHOLDER not in url
        return {
            "kind": AuthKind.OAUTH2.value,
            "tokenUrl": url if named else f"${{{self._stem}_TOKENURL}}",
            "tokenField": config.get("tokenField") or "access_token",
            "clientId": self._value("username", "USERNAME"),
            "clientSecret": self._secret("password", "secret"),
            "credentials": (case or (Credentials.JSON if "json" in typed else Credentials.FORM)).value,
            "fields": fields if isinstance(fields, dict) else {},
            "headers": {n: v for n, v in headers.items() if n.lower() != "content-type"},
        }
