"""The store in a PostgreSQL database, for several processes and machines."""

from gateway_core.store.postgresql.store import PostgresqlStore as PostgresqlStore
