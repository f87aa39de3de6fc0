"""Functions that reach out of the template: other mappings, objects and sources."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from gateway_core.errors import LimitExceeded
from gateway_core.mapping import json_text
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import failure, is_array, is_true, kind_of, to_text, wrong_type
from gateway_core.types import Json

_LOOK_UP: Final = 100  # steps: asking the world takes longer than working something out


def apply_mapping(run: Run, reference: Json, document: Json, as_list: Json, *, encoded: bool = False) -> Json:
    """The document through another mapping. ``encoded`` when its keys are known to hold no dot."""
    if not isinstance(reference, str):
        raise wrong_type(f"map needs the reference of a mapping, not {kind_of(reference)}")
    mapping = run.find(reference)
    if mapping is None:
        raise failure("map refers to a mapping that does not exist", "check the reference")
    if not is_array(document):
        raise wrong_type(f"map needs a list or an object, not {kind_of(document)}")
    run.maps += 1
    try:
        if run.maps > run.limits.map_depth:
            raise LimitExceeded(
                f"Mappings are nested deeper than {run.limits.map_depth} levels", limit="map_depth"
            )
        return mapping.apply_within(document, run, as_list=is_true(as_list), encoded=encoded)
    except RecursionError:
        raise run.too_nested() from None
    finally:
        run.maps -= 1


def get_object(run: Run, identifier: Json) -> Json:
    if is_array(identifier) or identifier is None:
        raise wrong_type(f"getObject needs an identifier, not {kind_of(identifier)}")
    run.burn(_LOOK_UP)
    found = run.services.get_object(to_text(identifier))
    if found is None:
        raise failure("getObject found no object with that identifier")
    json_text.weigh(found, run)
    return found


def call(run: Run, source: Json, endpoint: Json, method: Json, config: Json, decode: Json) -> Json:
    settings = config if isinstance(config, dict) else {}
    run.burn(_LOOK_UP)
    answer = run.services.call(to_text(source), to_text(endpoint), to_text(method), settings)
    json_text.weigh(answer, run)
    return answer


FUNCTIONS: Final = MappingProxyType[str, Function](
    {
        "call": function(
            call,
            Parameter("source"),
            Parameter("endpoint"),
            Parameter("method", "GET"),
            Parameter("config", None),
            Parameter("decode", True),
        ),
        "getObject": function(get_object, Parameter("id")),
        "map": function(apply_mapping, Parameter("mapping"), Parameter("data"), Parameter("list", False)),
    }
)
