"""The two tokens of an embedded page: the one that its site signs, and ours, which the page goes on with.

Both come in the same places (an Authorization header, a form's field, the first URL), and are told apart by their
audience. No cookie is looked at, so nothing that a browser adds by itself lets anyone in.
"""

import hashlib
import hmac
import re
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import jwt

from app.desk import embeds
from app.desk.embeds import Embed
from app.desk.errors import Invalid, Refused
from app.desk.models import EmbedKey
from app.live.render import LANGUAGES

LONGEST = 4096  # characters of a token
LIFE = 15 * 60  # seconds of a bearer
MOST = 60 * 60  # seconds between iat and exp of a site's token
SKEW = 10  # seconds that a site's clock may be wrong
SITE_CLAIMS = ["sub", "name", "aud", "resource", "actions", "iat", "exp"]
THEMES = ("light", "dark")

_ACCENT = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Refusal(Exception):
    """No page for this token. why: ended, wrong, unknown_key or staff. key: of the site, if it is known and valid."""

    why: str
    key: EmbedKey | None = None


@dataclass(frozen=True)
class Guest:
    """Who looks at an embedded page, and how the page looks there. Empty: as the browser asks for."""

    embed: Embed
    language: str = ""
    theme: str = ""
    accent: str = ""


@dataclass(frozen=True)
class Bearers:
    """secret: the desk's."""

    secret: str

    async def read(self, token: str) -> tuple[Guest, EmbedKey]:
        """What a token, a site's or ours, lets in, and its site's key, as they are now. Raises Refusal."""
        key = await embeds.valid_key(_kid(token))
        if key is None:
            raise Refusal("unknown_key")
        try:
            ours = _audience(token) == "embed-page"
            guest = self._guest(token) if ours else await self._sites(token, key)
            if guest.embed.key != key.id:
                raise Refusal("wrong", key)
        except jwt.ExpiredSignatureError:
            raise Refusal("ended", key) from None
        except (jwt.InvalidTokenError, Invalid, ValueError, TypeError, KeyError):
            raise Refusal("wrong", key) from None
        except Refused:
            raise Refusal("staff", key) from None
        person = await embeds.person_of(guest.embed.person, key.id)
        if person is None or person.is_staff:
            raise Refusal("staff", key)
        return guest, key

    def remembered(self, token: str) -> Embed | None:
        """What a bearer of ours said, even if it ran out; None for any other text."""
        try:
            return self._guest(token, verify_exp=False).embed
        except (jwt.InvalidTokenError, ValueError, TypeError, KeyError):
            return None

    def make(self, guest: Guest) -> str:
        """A bearer for a page: short-lived, and never longer than its site allowed."""
        now = time.time()
        claims = {
            "aud": "embed-page",
            "iat": int(now),
            "exp": int(min(now + LIFE, guest.embed.until)),
            "embed": asdict(guest.embed),
            "look": [guest.language, guest.theme, guest.accent],
        }
        return jwt.encode(claims, self._key, algorithm="HS256", headers={"kid": guest.embed.key})

    @property
    def _key(self) -> bytes:
        return hmac.digest(self.secret.encode(), b"pult embed bearer", hashlib.sha256)

    def _guest(self, token: str, *, verify_exp: bool = True) -> Guest:
        claims = _decode(token, self._key, "embed-page", ["aud", "iat", "exp", "embed", "look"], verify_exp=verify_exp)
        return Guest(Embed.read(claims["embed"]), *claims["look"])

    async def _sites(self, token: str, key: EmbedKey) -> Guest:
        secret = embeds.secret(key.id, self.secret).encode()
        claims = _decode(token, secret, "embed", SITE_CLAIMS, leeway=SKEW)
        if not 0 < float(claims["exp"]) - float(claims["iat"]) <= MOST:
            raise ValueError("exp")
        guest = Guest(await embeds.admit(key, claims))
        language, theme, accent = (str(claims.get(name, "")) for name in ("locale", "theme", "accent"))
        language = language.replace("_", "-").partition("-")[0].lower()
        return replace(
            guest,
            language=language if language in LANGUAGES else "",
            theme=theme if theme in THEMES else "",
            accent=accent.lower() if _ACCENT.fullmatch(accent) else "",
        )


def _decode(
    token: str, key: bytes, audience: str, required: list[str], *, leeway: float = 0, verify_exp: bool = True
) -> dict[str, Any]:
    options: Any = {"require": required, "strict_aud": True, "verify_exp": verify_exp}
    return jwt.decode(token, key, algorithms=["HS256"], audience=audience, options=options, leeway=leeway)


def _kid(token: str) -> str:
    """The key that a token names; nothing of it is believed before its signature was checked."""
    try:
        kid = jwt.get_unverified_header(token[: LONGEST + 1]).get("kid") if len(token) <= LONGEST else ""
    except jwt.InvalidTokenError:
        return ""
    return kid if isinstance(kid, str) and len(kid) <= 40 else ""


def _audience(token: str) -> object:
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("aud")
    except jwt.InvalidTokenError:
        return None
