"""How uvicorn serves the desk; the tests serve it the same way."""

import socket

import uvicorn
from quart import Quart

from app import create_app
from app.config import Config
from app.live.socket import LONGEST

GRACE = 5  # seconds for requests that run when the desk is told to stop
UNREAD = 15_000  # ms that the network may leave what was sent unacknowledged: who reads nothing is then gone


def settings(config: Config, app: Quart | None = None) -> uvicorn.Config:
    """How to serve the desk (or, beside it in a measurement, another application)."""
    server = config.server
    return uvicorn.Config(
        app or create_app(config),
        host=server.host,
        port=server.port,
        ws="websockets-sansio",  # waits until it may write before it writes: a send that times out has sent nothing
        ws_max_size=LONGEST,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=server.log_level == "debug",
        server_header=False,
        proxy_headers=bool(server.proxies),
        forwarded_allow_ips=list(server.proxies),
        timeout_graceful_shutdown=GRACE,
    )


def listen(config: Config) -> socket.socket:
    """The socket to serve on. Raises OSError if the address cannot be had.

    Connections whose other end reads nothing end by TCP_USER_TIMEOUT (RFC 5482), where the system has it: asyncio
    would otherwise keep what it could not send for ever, even after closing.
    """
    host, port = config.server.host, config.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=2048)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio's own loop does not, for such a socket
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD)
    return listening
