"""Whole mappings: compiled once, applied to documents.

    compile_mapping(reference, body) -> CompiledMapping
    CompiledMapping.apply(document, services) -> the mapped document

The order of evaluation is the original's: list handling, key encoding, pass-through copy,
``mapping`` in file order, ``unset``, ``cast`` in file order, ``values`` (ours), key decoding,
root unwrapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping import json_text, paths
from gateway_core.mapping.afterwards import Late, cast_late, late_casts, store
from gateway_core.mapping.casts import UNSET, Cast
from gateway_core.mapping.entries import Entry, compile_entries
from gateway_core.mapping.explain import Explanation, explain
from gateway_core.mapping.fill import Operations, element, failed, fill, operations_of
from gateway_core.mapping.run import Frame, Limits, Run, Services
from gateway_core.mapping.settings import Settings, TargetCasts, read_settings
from gateway_core.mapping.value_maps import Bodies, no_bodies
from gateway_core.mapping.values import as_array, as_dict, is_array, is_listlike, kind_of
from gateway_core.types import Finding, Json, Reference

DEFAULT_LIMITS: Final = Limits()
__all__ = ["DEFAULT_LIMITS", "CompiledMapping", "Limits", "Services", "compile_mapping"]


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """A mapping ready to run. It holds no state of a run and may be shared by threads.

    ``reads`` are the input paths it can read (dots within keys as they are in the input),
    ``reads_everything`` tells that it also copies or hands on the whole input, and
    ``references`` are the mappings that constant calls of ``map`` reach. ``findings`` are
    remarks of severity warning or info; errors raise while compiling.
    """

    reference: Reference
    reads: frozenset[tuple[str, ...]]
    reads_everything: bool
    references: frozenset[Reference]
    findings: tuple[Finding, ...]
    limits: Limits
    bounded: bool = field(repr=False)
    faithful: bool = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)
    operations: Operations = field(repr=False)
    apart: bool = field(repr=False)
    heads: frozenset[str] = field(repr=False)
    cost: int = field(repr=False)
    repeats: int = field(repr=False)
    casts: tuple[TargetCasts, ...] = field(repr=False)
    late: tuple[Late, ...] = field(repr=False)
    settings: Settings = field(repr=False)
    ready: bool = field(repr=False)
    settles: bool = field(repr=False)
    wrapped: bool = field(repr=False)

    def explain(self) -> Explanation:
        """What this mapping does, target by target, as plain data."""
        return explain(
            self.reference, self.settings, self.entries, frozenset(key for key, _, _ in self.casts)
        )

    def apply(self, document: Json, services: Services, *, as_list: bool = False) -> Json:
        """The document, or with ``as_list`` each of its elements, mapped.

        ``document`` is a JSON object or list; it is not changed, and the result may share
        parts with it. Raises MappingError or LimitExceeded, with mapping and key.
        """
        if not is_array(document):
            raise self._wrong_document(document)
        plain, settled, size = json_text.survey(document)
        run = Run(self.limits, services, settled=settled, size=size)
        try:
            return self.apply_within(document, run, as_list=as_list, encoded=plain)
        except (MappingError, RecursionError) as error:
            raise failed(error, run, self.reference, "") from None

    def apply_within(self, document: Json, run: Run, *, as_list: bool, encoded: bool) -> Json:
        """The same inside a run that another mapping started.

        ``encoded``: the document is a part of one that the run knows, and no key holds a dot.
        """
        if as_list:
            return self._list(document, run, encoded)
        if encoded and self.ready and type(document) is dict:
            return self.quick(document, run)
        return self._one(document, run, encoded)

    def quick(self, document: dict[str, Json], run: Run) -> Json:
        """One document whose keys hold no dot, where nothing but the targets is to be done (``ready``)."""
        result: Json
        run.left -= self.cost
        if run.left < run.check_at or self.repeats:
            self._start(run)
        if self.apart and (not self.heads or self.heads.isdisjoint(document)):
            result = fill(self.operations, (document,), run, self.reference)[0]
        else:
            result = self._fill_with_care({}, Frame(document, run, document))
        if self.late:
            result = cast_late(self.late, result, run, self.reference)
        if run.keys_seen:
            result = paths.decode_keys(result, run.burn)
        return self._unwrapped(result) if self.wrapped else result

    def quick_list(self, documents: list[Json], run: Run) -> list[Json]:
        """The same for each of a list; what is no object becomes one."""
        count = len(documents)
        if count > run.limits.items:
            run.items(count)
        run.left -= 1 + (count >> 1)
        if self.apart and not self.heads and not (self.wrapped or self.repeats or self.late):
            run.left -= self.cost * count
            if run.left < run.check_at:
                self._start(run)
            mapped = fill(self.operations, documents, run, self.reference)
            return paths.decode_keys(mapped, run.burn) if run.keys_seen else mapped
        quick, one = self.quick, self._one
        return [
            quick(item, run) if type(item) is dict else one(element(item, {}), run, encoded=True)
            for item in documents
        ]

    def _wrong_document(self, document: Json) -> MappingError:
        detail = f"A mapping needs a list or an object, not {kind_of(document)}"
        return MappingError(detail, kind="type", mapping=self.reference)

    # -- lists -----------------------------------------------------------------------------------

    def _list(self, document: Json, run: Run, encoded: bool) -> Json:
        """Each element mapped, keys kept; ``listInput`` and what stands beside it for all."""
        extra: dict[str, Json] = {}
        if isinstance(document, dict) and "listInput" in document:
            extra = {key: item for key, item in document.items() if key not in ("listInput", "value")}
            document = document["listInput"]
            if not is_array(document):
                return []
        if encoded and self.ready and not extra and isinstance(document, list):
            return self.quick_list(document, run)
        run.items(len(document))
        run.burn(len(extra) * len(document) >> 2)
        if isinstance(document, list):
            return [self._one(element(item, extra), run, encoded) for item in document]
        mapped = {key: self._one(element(item, extra), run, encoded) for key, item in document.items()}
        return as_array(mapped)

    # -- one document ----------------------------------------------------------------------------

    def _one(self, document: Json, run: Run, encoded: bool) -> Json:
        if not encoded:
            run.forget()
            original, document = document, paths.encode_keys(document, run.burn)
            if document is not original:
                run.keys_seen = True
        settings = self.settings
        variables = document if isinstance(document, dict) else as_dict(document)
        result: Json = {}
        if settings.pass_through:
            run.items(len(document))
            result = document[:] if isinstance(document, list) else dict(document)
        result = self._fill(result, Frame(variables, run, document))
        for path in settings.unset:
            try:
                result = paths.drop(result, path, run.burn)
            except MappingError as error:
                raise failed(error, run, self.reference, ".".join(path)) from None
        result = cast_late(self.late, result, run, self.reference)
        if run.keys_seen or settings.encodes:
            result = paths.decode_keys(result, run.burn)
        return self._unwrapped(result)

    def _fill(self, result: Json, frame: Frame) -> Json:
        """Every target with its value, in file order."""
        run = frame.run
        run.left -= self.cost
        self._start(run)
        if not self.apart or not self.heads.isdisjoint(frame.variables):
            return self._fill_with_care(result, frame)
        return fill(self.operations, (frame.variables,), run, self.reference)[0]

    def _fill_with_care(self, result: Json, frame: Frame) -> Json:
        """The same where targets overlap, or where a template may be the name of an input's key."""
        run = frame.run
        literal = not self.heads.isdisjoint(frame.variables)
        for entry in self.entries:
            try:
                value, casts = paths.MISSING, entry.literal_casts
                if literal and entry.look_up is not None:
                    value = entry.look_up(frame.document)
                if value is paths.MISSING:
                    value, casts = entry.evaluate(frame), entry.casts
                if value is not paths.MISSING:
                    value = _cast_all(value, casts, result, run)
                if value is UNSET:
                    result = paths.drop(store(result, entry.path, None, run), entry.path, run.burn)
                elif value is not paths.MISSING:
                    result = store(result, entry.path, value, run)
            except (MappingError, RecursionError) as error:
                raise failed(error, run, self.reference, entry.key) from None
        return result

    def _start(self, run: Run) -> None:
        """Pay for what looking at every target may repeat, beside its cost."""
        try:
            run.burn(self.repeats * run.size >> 6)
        except MappingError as error:
            key = self.entries[0].key if self.entries else ""
            raise failed(error, run, self.reference, key) from None

    def _unwrapped(self, result: Json) -> Json:
        if isinstance(result, dict):
            if len(result) == 1 and "#" in result:
                root = result["#"]
                if not is_array(root):
                    detail = f'The value of "#" must be a list or an object, not {kind_of(root)}'
                    raise MappingError(detail, kind="type", mapping=self.reference, key="#")
                return root
            if "0" in result and is_listlike(result):
                return list(result.values())
        return result


def compile_mapping(
    reference: Reference,
    body: Mapping[str, Any],
    *,
    limits: Limits = DEFAULT_LIMITS,
    plain: bool = False,
    bodies: Bodies = no_bodies,
) -> CompiledMapping:
    """Compile the body of a mapping artifact.

    Raises MappingError(kind="syntax" or "type") with mapping, key and position for a template
    that cannot be compiled, an unknown filter, function or test, or a value of the wrong kind.
    ``plain`` compiles without shortcuts: slower, the same results (tests compare the two).
    ``bodies`` finds the other mappings whose value maps this one reads backwards.
    """
    try:
        settings = read_settings(reference, body, bodies)
        plan = compile_entries(reference, settings, limits, plain=plain)
    except RecursionError:
        error = LimitExceeded("A template is nested too deeply", limit="depth")
        error.mapping, error.kind = reference, "syntax"
        raise error from None
    ready = not (settings.pass_through or settings.unset or settings.encodes)
    return CompiledMapping(
        reference=reference,
        reads=frozenset(plan.reads.paths),
        reads_everything=plan.reads.everything or settings.pass_through,
        references=frozenset(plan.reads.references),
        findings=settings.findings,
        limits=limits,
        bounded=plan.bounded,
        faithful=plan.faithful,
        entries=plan.entries,
        operations=operations_of(plan.entries),
        apart=plan.apart,
        heads=plan.heads,
        cost=plan.cost,
        repeats=plan.repeats,
        casts=plan.casts,
        late=late_casts(plan.casts, settings, apart=plan.apart),
        settings=settings,
        ready=ready,
        settles=ready and plan.bounded and plan.faithful,
        wrapped=any(entry.path[0] in ("#", "0") for entry in plan.entries),
    )


def _cast_all(value: Json, casts: tuple[Cast, ...], result: Json, run: Run) -> Any:
    """The value after its casts, or UNSET from the first one that removes it."""
    for cast in casts:
        value = cast(value, result, run)
        if value is UNSET:
            break
    return value
