"""Tickets, comments and people: what the desk knows and may do. No HTTP, no HTML, no sockets."""
