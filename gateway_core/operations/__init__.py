"""The use cases: read what is needed, plan purely, one effect on the store."""
