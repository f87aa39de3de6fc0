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
from gateway_core.mapping.casts import UNSET, Cast
from gateway_core.mapping.closures import START, place
from gateway_core.mapping.entries import Entry, Evaluate, compile_entries
from gateway_core.mapping.run import Frame, Limits, Run, Services
from gateway_core.mapping.settings import Settings, TargetCasts, read_settings
from gateway_core.mapping.values import as_array, as_dict, is_array, is_listlike, items_of, kind_of
from gateway_core.types import Finding, Json, Reference

Step = tuple[Entry, Evaluate, str | None, tuple[Cast, ...]]
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
    entries: tuple[Entry, ...] = field(repr=False)
    steps: tuple[Step, ...] = field(repr=False)
    apart: bool = field(repr=False)
    heads: frozenset[str] = field(repr=False)
    casts: tuple[TargetCasts, ...] = field(repr=False)
    settings: Settings = field(repr=False)

    def apply(self, document: Json, services: Services, *, as_list: bool = False) -> Json:
        """The document, or with ``as_list`` each of its elements, mapped.

        ``document`` is a JSON object or list; it is not changed, and the result may share
        parts with it. Raises MappingError or LimitExceeded, with mapping and key.
        """
        run = Run(self.limits, services)
        if not is_array(document):
            raise self._wrong_document(document)
        try:
            plain = json_text.has_plain_keys(document)
            return self.apply_within(document, run, as_list=as_list, encoded=plain)
        except (MappingError, RecursionError) as error:
            raise self._failed(error, run, "") from None

    def apply_within(self, document: Json, run: Run, *, as_list: bool, encoded: bool) -> Json:
        """The same inside a run that another mapping started. ``encoded``: no key holds a dot."""
        return self._list(document, run, encoded) if as_list else self._one(document, run, encoded)

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
        run.items(len(document))
        run.burn(len(extra) * len(document) >> 2)
        if isinstance(document, list):
            return [self._one(_element(item, extra), run, encoded) for item in document]
        mapped = {key: self._one(_element(item, extra), run, encoded) for key, item in document.items()}
        return as_array(mapped)

    # -- one document ----------------------------------------------------------------------------

    def _one(self, document: Json, run: Run, encoded: bool) -> Json:
        if not encoded:
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
                raise self._failed(error, run, ".".join(path)) from None
        result = self._cast(result, run)
        if run.keys_seen or settings.encodes:
            result = paths.decode_keys(result, run.burn)
        return self._unwrapped(result)

    def _fill(self, result: Json, frame: Frame) -> Json:
        """Every target with its value, in file order."""
        run = frame.run
        self._start(run)
        if not self.apart or not self.heads.isdisjoint(frame.variables):
            return self._fill_with_care(result, frame)
        missing, unset = paths.MISSING, UNSET
        entry = None
        try:
            for entry, evaluate, name, casts in self.steps:
                value = evaluate(frame)
                for cast in casts:
                    if value is unset or value is missing:
                        break
                    value = cast(value, result, run)
                if name is not None:
                    if value is not missing and value is not unset:
                        result[name] = value
                elif value is unset:
                    # The levels above stay.
                    result = paths.drop(paths.put(result, entry.path, None, run.burn), entry.path, run.burn)
                elif value is not missing:
                    paths.put_in_place(result, entry.path, value)
        except (MappingError, RecursionError) as error:
            raise self._failed(error, run, "" if entry is None else entry.key) from None
        return result

    def _fill_with_care(self, result: Json, frame: Frame) -> Json:
        """The same where targets overlap, or where a template may be the name of an input's key."""
        run = frame.run
        literal = not self.heads.isdisjoint(frame.variables)
        for entry in self.entries:
            try:
                value = paths.MISSING
                if literal and entry.look_up is not None:
                    value = entry.look_up(frame.document)
                if value is paths.MISSING:
                    value = entry.evaluate(frame)
                if value is not paths.MISSING:
                    value = _cast_all(value, entry.casts, result, run)
                if value is UNSET:
                    result = paths.drop(_store(result, entry.path, None, run), entry.path, run.burn)
                elif value is not paths.MISSING:
                    result = _store(result, entry.path, value, run)
            except (MappingError, RecursionError) as error:
                raise self._failed(error, run, entry.key) from None
        return result

    def _start(self, run: Run) -> None:
        """Pay for looking at every target."""
        try:
            run.burn(len(self.entries))
        except MappingError as error:
            raise self._failed(error, run, self.entries[0].key if self.entries else "") from None

    def _failed(self, error: MappingError | RecursionError, run: Run, key: str) -> MappingError:
        """The error with the mapping and the target that failed, unless a mapping within told its own."""
        if isinstance(error, RecursionError):
            error = run.too_nested()
        if not error.mapping:
            place(error, START)
            error.mapping = self.reference
            error.key = key
        return error

    def _cast(self, result: Json, run: Run) -> Json:
        for key, path, casts in self.casts:
            value = paths.getter(path)(result)
            if value is paths.MISSING:
                continue
            try:
                for cast in casts:
                    run.burn(1)
                    changed = cast(value, result, run)
                    if changed is UNSET:
                        result = paths.drop(result, path, run.burn)
                        break
                    if changed is not value:
                        result = _store(result, path, changed, run)
                        value = changed
            except (MappingError, RecursionError) as error:
                raise self._failed(error, run, key) from None
        return result

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
    reference: Reference, body: Mapping[str, Any], *, limits: Limits = DEFAULT_LIMITS, plain: bool = False
) -> CompiledMapping:
    """Compile the body of a mapping artifact.

    Raises MappingError(kind="syntax" or "type") with mapping, key and position for a template
    that cannot be compiled, an unknown filter, function or test, or a value of the wrong kind.
    ``plain`` compiles without shortcuts: slower, the same results (tests compare the two).
    """
    try:
        settings = read_settings(reference, body)
        plan = compile_entries(reference, settings, limits, plain=plain)
    except RecursionError:
        error = LimitExceeded("A template is nested too deeply", limit="depth")
        error.mapping, error.kind = reference, "syntax"
        raise error from None
    return CompiledMapping(
        reference=reference,
        reads=frozenset(plan.reads.paths),
        reads_everything=plan.reads.everything or settings.pass_through,
        references=frozenset(plan.reads.references),
        findings=settings.findings,
        limits=limits,
        bounded=plan.bounded,
        entries=plan.entries,
        steps=tuple(
            (entry, entry.evaluate, entry.path[0] if len(entry.path) == 1 else None, entry.casts)
            for entry in plan.entries
        ),
        apart=plan.apart,
        heads=plan.heads,
        casts=plan.casts,
        settings=settings,
    )


def _cast_all(value: Json, casts: tuple[Cast, ...], result: Json, run: Run) -> Any:
    """The value after its casts, or UNSET from the first one that removes it."""
    for cast in casts:
        value = cast(value, result, run)
        if value is UNSET:
            break
    return value


def _element(item: Json, extra: dict[str, Json]) -> Json:
    """An element of a list as a document of its own."""
    if is_array(item) and not extra:
        return item
    merged: dict[str, Json] = {}
    own = items_of(item) if is_array(item) else () if item is None else ((0, item),)
    index = 0
    for key, inner in own:
        merged[str(index) if isinstance(key, int) else key] = inner
        index += isinstance(key, int)
    merged["value"] = item
    merged.update(extra)
    return merged


def _store(result: Json, path: paths.Path, value: Json, run: Run) -> Json:
    """Put a value into the result; its top level is the run's own, so it is changed in place."""
    if type(result) is dict:
        head = path[0]
        result[head] = value if len(path) == 1 else paths.put(result.get(head), path[1:], value, run.burn)
        return result
    return paths.put(result, path, value, run.burn)
