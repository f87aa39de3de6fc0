"""What a client asks: query parameters to a ``Query``, and its one meaning for every store."""
