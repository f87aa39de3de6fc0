"""The API for administrators: what ``gateway bundle`` does, and artifacts edited at run time."""
