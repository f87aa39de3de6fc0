"""Conditions in JSON Logic: compiled when they are installed, asked about events."""

from gateway_core.logic.rules import BadRule as BadRule
from gateway_core.logic.rules import Rule as Rule
from gateway_core.logic.rules import compile_rule as compile_rule
