"""A desk in one file."""
