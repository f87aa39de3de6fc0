"""Keeping objects and configuration. Sees queries, never configuration."""
