"""A schema-driven API gateway: bundles of schemas, endpoints and mappings served as REST."""
