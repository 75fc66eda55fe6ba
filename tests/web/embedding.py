"""A site that embeds the desk: its key, and the tokens that its server signs."""

import time
from dataclasses import dataclass
from typing import Any

import jwt

from app.desk import embeds
from app.desk.models import EmbedKey
from tests.conftest import SECRET

SHOP = "http://localhost:7777"


@dataclass
class Site:
    key: EmbedKey

    @property
    def secret(self) -> str:
        return embeds.secret(self.key.id, SECRET)

    def token(self, *, header: dict[str, Any] | None = None, secret: str = "", **claims: Any) -> str:
        """A token for Clara's tickets, but for what is given; a claim that is None is left out."""
        now = int(time.time())
        usual = {
            "sub": "clara@pult.example",
            "name": "Clara",
            "aud": "embed",
            "resource": "tickets",
            "actions": ["read", "comment", "create"],
            "iat": now,
            "exp": now + 600,
        }
        said = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(said, secret or self.secret, "HS256", headers={"kid": self.key.id, **(header or {})})


async def a_site(*origins: str, name: str = "Shop") -> Site:
    return Site(await embeds.add_key(name, origins or (SHOP,)))
