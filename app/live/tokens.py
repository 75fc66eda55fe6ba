"""The token that a page opens its socket with: what it may watch, signed, for a minute, once."""

import hashlib
import hmac
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

import jwt

from app.desk.audience import Audience
from app.desk.embeds import Embed
from app.live import kinds
from app.live.region import Region

CLAIMS = ["sub", "sid", "aud", "regions", "audience", "lang", "iat", "exp", "jti"]
RENEWED = 24 * 60 * 60  # seconds for which a token of an embedded page can be exchanged for a fresh one


class BadToken(Exception):
    """Not a token that opens a socket (any more)."""


class OtherWords(BadToken):
    """A token that we signed and do not understand: another version of the desk made it."""


@dataclass(frozen=True)
class Grant:
    """What a token says: this person, in this session, may watch these regions in this language.

    embed: instead of a session, what the site that embeds the page lets it show and do. made_for: what the person was
    like when the page was made for them, where that shows (access.likeness).
    """

    person: int
    session: str
    audience: Audience
    regions: tuple[Region, ...]
    language: str
    embed: Embed | None = None
    made_for: str = ""
    jti: str = ""
    expires: float = 0  # seconds since 1970

    @property
    def embed_key(self) -> str:
        """Of the site that embeds the page; empty for a page of the desk."""
        return self.embed.key if self.embed else ""

    @property
    def until(self) -> float:
        """When the site's token ends, seconds since 1970; 0 for a page of the desk, whose session decides."""
        return self.embed.until if self.embed else 0


class Tokens:
    """Makes and checks tokens. Remembers which have opened a socket, so that each opens one."""

    def __init__(self, secret: str, seconds: int) -> None:
        self._key = hmac.digest(secret.encode(), b"pult live token", hashlib.sha256)
        self._seconds = seconds
        self._used: dict[str, float] = {}

    def make(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {
            "sub": str(grant.person),
            "sid": grant.session,
            "aud": "live",
            "regions": [[region.name, region.of] for region in grant.regions],
            "audience": str(grant.audience),
            "lang": grant.language,
            "iat": now,
            "exp": now + self._seconds,
            "jti": secrets.token_urlsafe(12),
            "embed": asdict(grant.embed) if grant.embed else None,
            "for": grant.made_for,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def read(self, token: str, *, expired: bool = False) -> Grant:
        """What the token says. Raises BadToken.

        expired: whether one that has run out is read too. An embedded page's is then read for a day: it has its
        site, which signs another one. A page of the desk that slept has nothing but its token and its session, and
        the session decides.
        """
        options: Any = {"require": CLAIMS, "verify_exp": not expired}
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience="live", options=options)
        except jwt.MissingRequiredClaimError as error:
            raise OtherWords(f"of another version, {error}") from error
        except jwt.InvalidTokenError as error:
            raise BadToken(f"not valid, {type(error).__name__}") from error
        try:
            audience = Audience.parse(claims["audience"])
            embed = Embed.read(claims["embed"]) if claims.get("embed") else None
            if embed and time.time() - claims["iat"] > RENEWED:
                raise BadToken("of an embedded page, and more than a day old")
            if unknown := {str(name) for name, _ in claims["regions"]} - kinds.NAMED.keys():
                raise OtherWords(f"of another version, for {sorted(unknown)}")
            return Grant(
                person=int(claims["sub"]),
                session=str(claims["sid"]),
                audience=audience,
                regions=tuple(kinds.read(str(name), str(of), audience) for name, of in claims["regions"]),
                language=str(claims["lang"]),
                embed=embed,
                made_for=str(claims.get("for", "")),
                jti=str(claims["jti"]),
                expires=float(claims["exp"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise OtherWords(f"of another version, {type(error).__name__}") from error

    def use(self, grant: Grant) -> None:
        """Mark a token as used. Raises BadToken if it was."""
        now = time.time()
        if len(self._used) > 1000:
            self._used = {jti: until for jti, until in self._used.items() if until > now}
        if self._used.setdefault(grant.jti, grant.expires) is not grant.expires:
            raise BadToken("of a token that was used before")
