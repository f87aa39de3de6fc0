"""Pages for people, with every asset they need beside them."""
