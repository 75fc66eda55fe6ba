"""The two tokens of an embedded page: the one that its site signs, and ours, which the page goes on with.

Both come in the same places (an Authorization header, a form's field, the first URL), and are told apart by their
audience. No cookie is looked at, so nothing that a browser adds by itself lets anyone in.
"""

import hashlib
import hmac
import re
import time
from dataclasses import asdict, dataclass
from typing import Any

import jwt

from app.desk import embeds, policy
from app.desk.embeds import Embed
from app.desk.errors import Code, Invalid
from app.desk.models import EmbedKey
from app.desk.roles import Right
from app.live.render import LANGUAGES
from app.web import site_tokens
from app.web.site_tokens import LONGEST, Wrong

AUDIENCE = "embed-page"
LIFE = 15 * 60  # seconds of a bearer
THEMES = ("light", "dark")

_ACCENT = re.compile(r"#[0-9a-fA-F]{6}")
SAID = {  # of what a claim says
    Code.UNKNOWN: "not one of the possible values",
    Code.EMPTY: "leaves nothing",
    Code.NOT_AN_EMAIL: "not an email address",
}


@dataclass
class Refusal(Exception):
    """No page for a token. wrong: what is wrong with it. key: the one that it names, which may be revoked."""

    wrong: Wrong
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
        key = None
        try:
            key = await embeds.known_key(_kid(token))
            if key is None:
                raise Wrong("kid", "not a key of this desk")
            if key.revoked is not None:
                raise Wrong("kid", "a revoked key", "revoked")
            guest = self._guest(token) if _audience(token) == AUDIENCE else await self._sites(token, key)
            person = await embeds.person_of(guest.embed.person, key.id)
            if person is None:
                raise Wrong("sub", "disabled at the desk", "staff")
            if not policy.may(person, Right.BE_EMBEDDED):
                raise Wrong("sub", "one of the desk's staff", "staff")
        except Wrong as wrong:
            raise Refusal(wrong, key) from None
        return guest, key

    def remembered(self, token: str) -> Embed | None:
        """What a bearer of ours said, even if it ran out; None for any other text."""
        try:
            return self._guest(token, verify_exp=False).embed
        except Wrong:
            return None

    def make(self, guest: Guest) -> str:
        """A bearer for a page: short-lived, and never longer than its site allowed."""
        now = time.time()
        claims = {
            "aud": AUDIENCE,
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
        """Whom a bearer of ours lets in. Raises Wrong."""
        options: Any = {"require": ["aud", "iat", "exp", "embed", "look"], "verify_exp": verify_exp}
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience=AUDIENCE, options=options)
            guest = Guest(Embed.read(claims["embed"]), *claims["look"])
        except jwt.ExpiredSignatureError:
            raise Wrong("exp", "of a page's own bearer, which has ended", "ended") from None
        except (jwt.InvalidTokenError, ValueError, TypeError, KeyError):
            raise Wrong("token", "not made by this desk") from None
        if guest.embed.key != _kid(token):
            raise Wrong("kid", "not the key that it was made for")
        return guest

    async def _sites(self, token: str, key: EmbedKey) -> Guest:
        """Whom a site's token lets in. Raises Wrong."""
        claims, until = site_tokens.read(token, embeds.secret(key.id, self.secret), time.time())
        try:
            embed = await embeds.admit(key, claims, until)
        except Invalid as problem:
            claim, code = next(iter(problem.errors.items()))
            raise Wrong(claim, SAID.get(code, code)) from None
        language, theme, accent = (str(claims.get(name, "")) for name in ("locale", "theme", "accent"))
        language = language.replace("_", "-").partition("-")[0].lower()
        return Guest(
            embed,
            language=language if language in LANGUAGES else "",
            theme=theme if theme in THEMES else "",
            accent=accent.lower() if _ACCENT.fullmatch(accent) else "",
        )


def _kid(token: str) -> str:
    """The key that a token names; nothing of it is believed before its signature was checked. Raises Wrong."""
    if not token:
        raise Wrong("token", "missing", "ended")
    if len(token) > LONGEST:
        raise Wrong("token", f"longer than {LONGEST} characters")
    try:
        kid = jwt.get_unverified_header(token).get("kid", "")
    except jwt.InvalidTokenError:
        raise Wrong("token", "not a JWT") from None
    return kid if isinstance(kid, str) and len(kid) <= 40 else ""


def _audience(token: str) -> object:
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("aud")
    except jwt.InvalidTokenError:
        return None
