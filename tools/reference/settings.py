"""The page of settings."""

from __future__ import annotations

from typing import get_args

from pydantic.fields import FieldInfo

from gateway_core.settings import Settings
from reference.text import page, table

INTRODUCTION = """
Each setting is an environment variable, and holds for every command. `gateway serve` has options for some
of them; an option counts before the variable. Values that cannot be are refused at the start, all of them
together, with exit code 2.
"""


def settings() -> str:
    """Every setting with its variable, default, values and meaning."""
    headings = ("Variable", "Default", "Values", "Meaning")
    rows = [_row(name, info) for name, info in Settings.model_fields.items()]
    return page("Settings", INTRODUCTION, table(headings, rows))


def _row(name: str, info: FieldInfo) -> tuple[str, str, str, str]:
    default = info.default
    shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
    empty = default is None or default == ""
    return f"`GATEWAY_{name.upper()}`", "empty" if empty else shown, _values(info), info.description or ""


def _values(info: FieldInfo) -> str:
    choices = get_args(info.annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return " or ".join(f"`{choice}`" for choice in choices)
    if info.annotation is bool:
        return "`true` or `false`"
    if info.annotation not in (int, float):
        return "text"
    least = next((each.ge for each in info.metadata if hasattr(each, "ge")), None)
    most = next((each.le for each in info.metadata if hasattr(each, "le")), None)
    return f"{least} to {most}" if most is not None else f"from {least}"
