"""The token that a site signs for its customer: whether it is one, and until when a page may be shown for it.

What is wrong with one is said to whoever signs it, claim by claim: docs/embedding.md lists every reason.
"""

import math
from dataclasses import dataclass
from typing import Any

import jwt

AUDIENCE = "embed"
LONGEST = 4096  # characters
MOST = 60 * 60  # seconds between iat and exp
SKEW = 5 * 60  # seconds that a site's clock may be fast or slow
REQUIRED = ("aud", "iat", "exp", "sub", "name", "resource", "actions")


@dataclass
class Wrong(Exception):
    """claim: the part of a token that cannot be used. reason: why, in words that hold nothing of the token's texts.

    page: what the page says of it: ended, revoked, staff (the view is for customers), or wrong.
    """

    claim: str
    reason: str
    page: str = "wrong"

    def __str__(self) -> str:
        return f"{self.claim}: {self.reason}"


def read(token: str, secret: str, now: float) -> tuple[dict[str, Any], float]:
    """The claims of a token that was signed with this secret, and until when it holds. Raises Wrong."""
    claims = _signed(token, secret)
    for name in REQUIRED:
        if name not in claims:
            raise Wrong(name, "missing")
    if claims["aud"] not in (AUDIENCE, [AUDIENCE]):
        raise Wrong("aud", 'not "embed"')
    return claims, _until(claims, now)


def _signed(token: str, secret: str) -> dict[str, Any]:
    unchecked: Any = {f"verify_{name}": False for name in ("aud", "exp", "iat", "nbf", "iss", "sub", "jti")}
    try:
        return jwt.decode(token, secret.encode(), algorithms=["HS256"], options=unchecked)
    except jwt.InvalidAlgorithmError:
        raise Wrong("alg", "not HS256") from None
    except jwt.InvalidSignatureError:
        raise Wrong("signature", "not made with this key's secret") from None
    except jwt.InvalidTokenError:
        raise Wrong("token", "not a JWT") from None


def _until(claims: dict[str, Any], now: float) -> float:
    """When a page that is shown for it now has to end, by our clock, in seconds since 1970. Raises Wrong.

    A clock may differ from ours by SKEW either way. So a token is taken from SKEW before its iat, as ours reads it, to
    SKEW after its exp, but never to more than MOST after its iat; and no page lives longer than it was signed for.
    """
    issued, ends = _moment(claims, "iat"), _moment(claims, "exp")
    life, latest = ends - issued, min(ends + SKEW, issued + MOST)
    if life <= 0:
        raise Wrong("exp", "not after iat")
    if life > MOST:
        raise Wrong("exp", "more than an hour after iat")
    for name, moment in (("iat", issued), ("nbf", _moment(claims, "nbf") if "nbf" in claims else issued)):
        if moment > now + SKEW:
            raise Wrong(name, f"{moment - now:.0f} s ahead of the desk's clock")
    if now >= latest:
        raise Wrong("exp", f"{now - ends:.0f} s ago by the desk's clock", "ended")
    return min(ends if now < ends else latest, now + life)


def _moment(claims: dict[str, Any], name: str) -> float:
    try:
        moment = float(claims[name])
    except (TypeError, ValueError, OverflowError):
        moment = math.nan
    if not math.isfinite(moment):
        raise Wrong(name, "not a number of seconds")
    return moment
