"""The dialect of Common Gateway's schemas, read into ours: JSON Schema 2020-12 with ``x-`` words.

``speaks`` tells whether a schema is written in it; ``rewrite`` gives the same schema in our
dialect, with a finding for whatever could not be kept. Nothing in such a schema is an error
but what makes it no schema at all: public bundles install as they are.
"""

from gateway_core.schema.original.entity import Rewritten, rewrite
from gateway_core.schema.original.frame import Others
from gateway_core.schema.original.recognise import speaks

__all__ = ["Others", "Rewritten", "rewrite", "speaks"]
