"""Configuration compiled to one immutable snapshot."""
