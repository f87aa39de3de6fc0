"""The entity dialect: JSON Schema 2020-12 with our ``x-`` vocabulary, and what it means.

From artifact to answer::

    translate(body, known)             artifact → EntitySpec and findings
    check_relations(specs)             findings about the specs together
    compile_validators(specs)          specs → Validators
    check_defaults(specs, validators)  findings about defaults

    normalise(document, spec, entity)       a client's document → the document that is kept
    apply_defaults(document, spec, entity)  … completed
    validator.check(document)               … its violations; reason(violation) words one
"""

from gateway_core.schema.consistency import check_defaults, check_relations
from gateway_core.schema.defaults import apply_defaults
from gateway_core.schema.dialect import Translation, translate
from gateway_core.schema.formats import FORMATS, Format, referenced_id
from gateway_core.schema.normalise import normalise, utc, without
from gateway_core.schema.reasons import reason
from gateway_core.schema.spec import Entities, EntitySpec, PropertyKind, PropertySpec, Transitions
from gateway_core.schema.validate import MAX_DEPTH, Validator, compile_shape, compile_validators

__all__ = [
    "FORMATS",
    "MAX_DEPTH",
    "Entities",
    "EntitySpec",
    "Format",
    "PropertyKind",
    "PropertySpec",
    "Transitions",
    "Translation",
    "Validator",
    "apply_defaults",
    "check_defaults",
    "check_relations",
    "compile_shape",
    "compile_validators",
    "normalise",
    "reason",
    "referenced_id",
    "translate",
    "utc",
    "without",
]
