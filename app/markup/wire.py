"""How the desk and its renderer talk: a message is its length in four bytes, and UTF-8."""

import socket


def send(to: socket.socket, text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    to.sendall(len(body).to_bytes(4, "big") + body)


def receive(of: socket.socket) -> str | None:
    """The next message; None when the other end is gone."""
    head = _exactly(of, 4)
    body = None if head is None else _exactly(of, int.from_bytes(head, "big"))
    return None if body is None else body.decode("utf-8", "surrogatepass")


def _exactly(of: socket.socket, wanted: int) -> bytes | None:
    found = bytearray()
    while len(found) < wanted:
        part = of.recv(wanted - len(found))
        if not part:
            return None
        found += part
    return bytes(found)
