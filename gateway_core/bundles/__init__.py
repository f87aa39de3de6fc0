"""Configuration as files: read, lay out, compare. Never sees a store."""
