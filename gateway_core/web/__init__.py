"""HTTP: bytes to a call, an outcome to bytes. No rules of its own."""
