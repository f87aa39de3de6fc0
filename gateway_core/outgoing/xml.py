"""XML to JSON values, in the shape that the original makes of it (Symfony's ``XmlEncoder``). Pure.

The root's name is left out. An element becomes the text in it or, when it has attributes or elements
inside, an object: attributes as ``@name``, elements by their names with prefixes (several of one name as a
list), its own text as ``#``. Attributes that are numbers become numbers. ``<item key="x">`` counts as
``<x>``. Names and texts are as they stand; no entity is defined and nothing is fetched.
"""

from __future__ import annotations

import re
import xml.sax
from io import BytesIO
from typing import Final
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from gateway_core.errors import UpstreamError
from gateway_core.types import Json, JsonObject

_ELEMENTS: Final = 200_000
_INTEGER: Final = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,50}(\.[0-9]{0,50})?|\.[0-9]{1,50})([eE][+-]?[0-9]{1,2})?")


def read_xml(body: bytes, depth: int) -> Json:
    """Raises ``UpstreamError`` for what is broken, too deep, or defines types or entities."""
    handler = _Reader(depth)
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(handler)
    try:
        parser.parse(BytesIO(body))
    except DefusedXmlException:
        raise UpstreamError("it sent XML that defines entities, which is not read") from None
    except (xml.sax.SAXException, ValueError):
        raise UpstreamError("it sent XML that is broken") from None
    return handler.result


class _Element:
    """An element that is being read."""

    __slots__ = ("attributes", "below", "name", "text")

    def __init__(self, name: str, attributes: JsonObject) -> None:
        self.name, self.attributes = name, attributes
        self.below: dict[str, list[Json]] = {}
        self.text: list[str] = []


class _Reader(ContentHandler):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self._depth = depth
        self._open: list[_Element] = []
        self._left = _ELEMENTS
        self._spaces: JsonObject = {}
        self.result: Json = None

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - named by the library
        self._left -= 1
        if len(self._open) >= self._depth or self._left < 0:
            raise UpstreamError("it sent XML that is nested too deeply or holds too many elements")
        given = dict(attrs.items())
        spaces = {f"@{key}": value for key, value in given.items() if key.split(":")[0] == "xmlns"}
        if not self._open:
            self._spaces = spaces
        else:
            self._settle_text(self._open[-1])
        own = {f"@{key}": _attribute(value) for key, value in given.items() if f"@{key}" not in spaces}
        self._open.append(_Element(name, own))

    def characters(self, content: str) -> None:
        self._open[-1].text.append(content)

    def endElement(self, _: str) -> None:  # noqa: N802 - named by the library
        element = self._open.pop()
        value = _value(element)
        if not self._open:
            self.result = {**value, **self._spaces} if isinstance(value, dict) else value
            return
        below = self._open[-1].below
        key = value.get("@key") if element.name == "item" and isinstance(value, dict) else None
        if key is not None:
            below[str(key)] = [value.get("#", value)]
        else:
            below.setdefault(element.name, []).append(value)

    def _settle_text(self, element: _Element) -> None:
        """Text before an element inside is a part of its own, unless it is only space between them."""
        text = "".join(element.text)
        element.text = []
        if text.strip():
            element.below.setdefault("#text", []).append(text)


def _value(element: _Element) -> Json:
    text = "".join(element.text)
    if not element.below:
        if not element.attributes:
            return text
        return {**element.attributes, "#": text}
    if text.strip():
        element.below.setdefault("#text", []).append(text)
    below = {name: values[0] if len(values) == 1 else values for name, values in element.below.items()}
    return {**element.attributes, **below}


def _attribute(value: str) -> Json:
    """A number where PHP sees one; not where a zero stands first, as in codes."""
    text = value.strip()
    if len(value) > 1 and value[0] == "0" and value[1] != ".":
        return value
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else value
