"""From a committed event to open sockets. Reads the desk, never changes it."""
