"""Where a call to a source goes: always below its address. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote, urlencode, urlsplit

from gateway_core.errors import UpstreamStrayed

_SAFE_IN_PATH = "/%:@!$&'()*+,;=~-._"
_SAFE_IN_QUERY = "%:@!$'()*,;/?~-._[]"


def place(base: str, path: str, query: Iterable[tuple[str, str]]) -> str:
    """The URL of a call to ``path`` below ``base``, with what its own query holds and ``query`` behind it.

    ``path`` may be whole when it begins with the base: sources refer to their own objects so. Raises
    ``UpstreamStrayed`` for a path that leads out of the base.
    """
    home = base.rstrip("/")
    if "://" in path.partition("?")[0]:
        if path != home and not path.startswith((f"{home}/", f"{home}?")):
            raise UpstreamStrayed("the path leads to another place than the address of the source")
        path = path.removeprefix(home)
    bare, _, own = path.partition("#")[0].partition("?")
    if any(_is_dots(segment) for segment in bare.split("/")) or "\\" in bare:
        raise UpstreamStrayed("the path leads out of the address of the source")
    below = quote(bare.lstrip("/"), safe=_SAFE_IN_PATH)
    parts = [quote(own, safe=f"{_SAFE_IN_QUERY}&=+"), urlencode(list(query))]
    asked = "&".join(part for part in parts if part)
    return f"{home}{f'/{below}' if below else ''}{f'?{asked}' if asked else ''}"


def _is_dots(segment: str) -> bool:
    """Whether a segment climbs, however often it is encoded."""
    for _ in range(3):
        if segment in (".", "..") or "/" in segment or "\\" in segment:
            return True
        segment = unquote(segment)
    return False


def host_of(url: str) -> str:
    """The host of an address, for people; empty when it cannot be read."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
