"""``constant('JSON_PRETTY_PRINT')``: the few constants of PHP that a template has a use for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway_core.mapping import json_text
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import INT_MAX, INT_MIN, failure
from gateway_core.types import Json

CONSTANTS: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "DATE_ATOM": "Y-m-d\\TH:i:sP",
        "DATE_COOKIE": "l, d-M-Y H:i:s T",
        "DATE_ISO8601": "Y-m-d\\TH:i:sO",
        "DATE_RFC2822": "D, d M Y H:i:s O",
        "DATE_RFC3339": "Y-m-d\\TH:i:sP",
        "DATE_RFC3339_EXTENDED": "Y-m-d\\TH:i:s.vP",
        "DATE_RFC7231": "D, d M Y H:i:s \\G\\M\\T",
        "DATE_RSS": "D, d M Y H:i:s O",
        "DATE_W3C": "Y-m-d\\TH:i:sP",
        "JSON_FORCE_OBJECT": json_text.FORCE_OBJECT,
        "JSON_HEX_AMP": json_text.HEX_AMP,
        "JSON_HEX_APOS": json_text.HEX_APOS,
        "JSON_HEX_QUOT": json_text.HEX_QUOT,
        "JSON_HEX_TAG": json_text.HEX_TAG,
        "JSON_NUMERIC_CHECK": json_text.NUMERIC_CHECK,
        "JSON_PRESERVE_ZERO_FRACTION": json_text.PRESERVE_ZERO_FRACTION,
        "JSON_PRETTY_PRINT": json_text.PRETTY_PRINT,
        "JSON_UNESCAPED_SLASHES": json_text.UNESCAPED_SLASHES,
        "JSON_UNESCAPED_UNICODE": json_text.UNESCAPED_UNICODE,
        "PHP_EOL": "\n",
        "PHP_INT_MAX": INT_MAX,
        "PHP_INT_MIN": INT_MIN,
    }
)


def constant(run: Run, name: Json) -> Json:
    if not isinstance(name, str) or name not in CONSTANTS:
        raise failure("There is no such constant in a mapping", f"there are {', '.join(CONSTANTS)}")
    return CONSTANTS[name]


FUNCTIONS: Final = MappingProxyType[str, Function]({"constant": function(constant, Parameter("constant"))})
