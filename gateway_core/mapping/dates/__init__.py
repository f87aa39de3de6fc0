"""Dates by the rules of PHP: texts to moments, moments to texts, steps and differences."""

from __future__ import annotations

from gateway_core.mapping.dates.format import format_date, format_timestamp
from gateway_core.mapping.dates.interval import Interval, date_difference, format_interval
from gateway_core.mapping.dates.parse import modify_date, parse_date
from gateway_core.mapping.dates.zones import named_zone, zones

__all__ = [
    "Interval",
    "date_difference",
    "format_date",
    "format_interval",
    "format_timestamp",
    "modify_date",
    "named_zone",
    "parse_date",
    "zones",
]
