"""A shop that embeds the demo desk: what an embedder has to do, and nothing more."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import jwt
import uvicorn
from quart import Quart, Response, render_template

from app import db
from app.config import ROOT, Config
from app.demo import SIGN_INS
from app.desk import embeds, people

CUSTOMER = next((email, name) for email, name, role in SIGN_INS if role == "requester")
LIFE = timedelta(minutes=10)


def create_site(*, desk: str, key: str, secret: str) -> Quart:
    """The shop's server. desk: the origin of the desk; key and secret: of the shop."""
    site = Quart(__name__, template_folder=ROOT / "templates", static_folder=None)

    def token(resource: str = "tickets") -> str:
        """What the shop says of its signed-in customer."""
        email, name = CUSTOMER
        now = int(time.time())
        claims = {
            "aud": "embed",
            "sub": email,
            "name": name,
            "resource": resource,
            "actions": ["read", "comment", "create"],
            "iat": now,
            "exp": now + int(LIFE.total_seconds()),
        }
        return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key})

    @site.get("/")
    async def account() -> str:
        return await render_template("demo/shop.html", desk=desk, token=token(), customer=CUSTOMER[1])

    @site.get("/pult-token")
    async def fresh() -> Response:
        return Response(token(), content_type="text/plain", headers={"Cache-Control": "no-store"})

    return site


@contextlib.contextmanager
def beside(config: Config, desk: str) -> Iterator[str]:
    """The shop, served as long as the desk is; its address. desk: the origin of the desk.

    On the port after the desk's, if that is free. The desk has an address for its name, so that the two are different
    sites to a browser. Empty if this desk has no demo people, or is to be reached from elsewhere.
    """
    if config.server.host != "127.0.0.1":
        yield ""
        return
    listening = _listen(int(desk.rpartition(":")[2]) + 1)
    origin = f"http://localhost:{listening.getsockname()[1]}"
    key = asyncio.run(_key(config, origin))
    if not key:
        listening.close()
        yield ""
        return
    site = create_site(desk=desk, key=key, secret=embeds.secret(key, config.security.secret_key))
    server = uvicorn.Server(uvicorn.Config(site, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        server.should_exit = True
        thread.join()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError):
        return socket.create_server(("127.0.0.1", 0))


async def _key(config: Config, origin: str) -> str:
    """The shop's key; none if its customer is not among the people of this desk."""
    await db.connect(config.database)
    try:
        if not await people.by_email(CUSTOMER[0]):
            return ""
        known = next((key for key in await embeds.keys() if key.revoked is None and key.origins == [origin]), None)
        return (known or await embeds.add_key("Teapot shop (demo)", [origin])).id
    finally:
        await db.disconnect()
