"""The names that a template can use: tables of filters, functions and tests.

Adding a name is one line in the table of its module. Nothing else is in reach of a template.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from gateway_core.mapping.library import constants, gateway, lists, moments, numbers, text
from gateway_core.mapping.library.signature import Function
from gateway_core.mapping.library.tests import TESTS

FILTERS: Final = MappingProxyType[str, Function](
    {**text.FILTERS, **lists.FILTERS, **numbers.FILTERS, **moments.FILTERS}
)
FUNCTIONS: Final = MappingProxyType[str, Function](
    {
        **lists.FUNCTIONS,
        **numbers.FUNCTIONS,
        **moments.FUNCTIONS,
        **constants.FUNCTIONS,
        **gateway.FUNCTIONS,
    }
)

__all__ = ["FILTERS", "FUNCTIONS", "TESTS"]
