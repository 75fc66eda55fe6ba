"""The token that a page opens its socket with: what it may watch, signed, for a minute, once."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any

import jwt

from app.desk.policy import Audience
from app.live.regions import Region

CLAIMS = ["sub", "sid", "key", "until", "aud", "regions", "audience", "lang", "iat", "exp", "jti"]


class BadToken(Exception):
    """Not a token that opens a socket (any more)."""


@dataclass(frozen=True)
class Grant:
    """What a token says: this person, in this session, may watch these regions in this language.

    key, until: instead of a session, the key of the site that embeds the page, and until when (seconds since 1970).
    """

    person: int
    session: str
    audience: Audience
    regions: tuple[Region, ...]
    language: str
    key: str = ""
    until: float = 0
    jti: str = ""
    expires: float = 0  # seconds since 1970


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
            "key": grant.key,
            "until": grant.until,
            "aud": "live",
            "regions": [[region.name, region.of] for region in grant.regions],
            "audience": str(grant.audience),
            "lang": grant.language,
            "iat": now,
            "exp": now + self._seconds,
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def read(self, token: str, *, expired: bool = False) -> Grant:
        """What the token says. expired: whether one that has run out is read too. Raises BadToken."""
        options: Any = {"require": CLAIMS, "verify_exp": not expired}
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience="live", options=options)
            audience = Audience.parse(claims["audience"])
            return Grant(
                person=int(claims["sub"]),
                session=str(claims["sid"]),
                audience=audience,
                regions=tuple(Region(str(name), str(of), audience) for name, of in claims["regions"]),
                language=str(claims["lang"]),
                key=str(claims["key"]),
                until=float(claims["until"]),
                jti=str(claims["jti"]),
                expires=float(claims["exp"]),
            )
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise BadToken(f"not valid, {type(error).__name__}") from error

    def use(self, grant: Grant) -> None:
        """Mark a token as used. Raises BadToken if it was."""
        now = time.time()
        if len(self._used) > 1000:
            self._used = {jti: until for jti, until in self._used.items() if until > now}
        if self._used.setdefault(grant.jti, grant.expires) is not grant.expires:
            raise BadToken("of a token that was used before")
