"""A desk in a database of a PostgreSQL server."""
