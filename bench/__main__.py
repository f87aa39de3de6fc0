"""``make bench``: every benchmark, one after the other; the growth table when ``--sizes`` are given."""

from __future__ import annotations

import sys

from bench import events, growth, http, mapping, reload

mapping.main()
http.main()
events.main()
reload.main()
if any(argument.startswith("--sizes") for argument in sys.argv):
    growth.main()
