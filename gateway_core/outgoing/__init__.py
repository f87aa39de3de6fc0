"""Calls to other systems: within bounds, to places that are allowed, and without a trace of secrets."""
