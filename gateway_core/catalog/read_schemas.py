"""Schema artifacts to specs and validators, as far as they can be used together; what did not change since
the last time is not translated anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway_core.catalog.original import is_original
from gateway_core.catalog.rejected import reject
from gateway_core.errors import ConfigurationError
from gateway_core.schema import (
    EntitySpec,
    Translation,
    Validator,
    check_defaults,
    check_relations,
    compile_validators,
    translate,
)
from gateway_core.types import Artifact, Finding, Reference, Severity

Specs = Mapping[Reference, EntitySpec]
Validators = Mapping[Reference, Validator]


Bodies = Mapping[Reference, Mapping[str, Any]]
Translate = Callable[[Artifact, Bodies], Translation]


@dataclass(frozen=True, slots=True)
class _Translated:
    """What came of a schema of some text, with the texts of all others that its translation asked for:
    they decide whether it would come out the same."""

    text: str
    asked: Mapping[Reference, str | None]
    result: Translation

    def holds(self, text: str, text_of: Callable[[Reference], str | None]) -> bool:
        return self.text == text and all(text_of(each) == told for each, told in self.asked.items())


class SchemaCache:
    """The schemas of the last build: when none of them changed, nothing of them is compiled anew, and
    otherwise nothing is translated anew that says the same and refers to the same."""

    __slots__ = ("_held", "_translated")

    def __init__(self) -> None:
        self._held: tuple[list[Any], Specs, Validators, tuple[Finding, ...]] | None = None
        self._translated: Mapping[Reference, _Translated] = {}

    def read(
        self, artifacts: Sequence[Artifact], findings: list[Finding]
    ) -> tuple[dict[Reference, EntitySpec], Validators]:
        """As ``read_schemas``."""
        # Texts are compared: to Python 1 and true are equal. The order of properties counts.
        texts = {a.reference: json.dumps(a.body, ensure_ascii=False, default=dict) for a in artifacts}
        key = [(a.reference, a.origin, texts[a.reference]) for a in artifacts]
        held = self._held  # another thread may put another one there
        if held is None or held[0] != key:
            found: list[Finding] = []
            remembered = _Remembered(texts, self._translated)
            specs, validators = read_schemas(artifacts, found, remembered)
            self._translated = remembered.made
            self._held = held = (key, specs, validators, tuple(found))
        findings.extend(held[3])
        return dict(held[1]), held[2]


class _Remembered:
    """Translates what was not translated before under the same circumstances."""

    def __init__(self, texts: Mapping[Reference, str], known: Mapping[Reference, _Translated]) -> None:
        self._texts, self._known = texts, known
        self.made: dict[Reference, _Translated] = {}

    def __call__(self, artifact: Artifact, bodies: Bodies) -> Translation:
        def text_of(reference: Reference) -> str | None:
            return self._texts[reference] if reference in bodies else None

        text = self._texts[artifact.reference]
        made = self._known.get(artifact.reference)
        if made is None or not made.holds(text, text_of):
            asked: dict[Reference, str | None] = {}

            def other(reference: Reference) -> Mapping[str, Any] | None:
                asked[reference] = text_of(reference)
                return bodies.get(reference)

            made = _Translated(text, asked, _translated(artifact, other))
        self.made[artifact.reference] = made
        return made.result


def _alone(artifact: Artifact, bodies: Bodies) -> Translation:
    return _translated(artifact, bodies.get)


def _translated(artifact: Artifact, other: Callable[[Reference], Mapping[str, Any] | None]) -> Translation:
    return translate(dict(artifact.body), lambda reference: other(reference) is not None, other)


def read_schemas(
    artifacts: Sequence[Artifact], findings: list[Finding], translated: Translate = _alone
) -> tuple[dict[Reference, EntitySpec], Validators]:
    """The specs of the schemas and their validators.

    A schema of Common Gateway's that cannot be used is left out, and those that refer to it are read anew
    without it. With an error of any other schema there are no validators.
    """
    lenient = {artifact.reference: artifact for artifact in artifacts if is_original(artifact)}
    left = {artifact.reference: artifact for artifact in artifacts}
    while True:
        specs, validators, found = _together(left, translated)
        faults = [each for each in found if each.severity is Severity.ERROR]
        gone = {each.reference for each in faults} & lenient.keys() & left.keys()
        if not gone:
            findings.extend(found)
            return specs, validators
        findings.extend(reject(each, lenient[each.reference]) for each in faults if each.reference in gone)
        left = {reference: artifact for reference, artifact in left.items() if reference not in gone}


def _together(
    artifacts: Mapping[Reference, Artifact], translated: Translate
) -> tuple[dict[Reference, EntitySpec], Validators, list[Finding]]:
    found: list[Finding] = []
    specs: dict[Reference, EntitySpec] = {}
    bodies = {reference: artifact.body for reference, artifact in artifacts.items()}
    for reference, artifact in artifacts.items():
        translation = translated(artifact, bodies)
        found.extend(translation.findings)
        specs[reference] = translation.spec
    found.extend(check_relations(specs))
    try:
        validators = compile_validators(specs)
    except ConfigurationError as error:
        return specs, {}, [*found, *error.findings]
    return specs, validators, [*found, *check_defaults(specs, validators)]
