"""How often a sign-in may be tried: per account and address, per account, per address.

The windows of the `limits` library move and are taken before the password is looked at, so that tries at the same time
do not pass together (OWASP ASVS 5.0, 6.3.1).
"""

import asyncio
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from app.desk import addresses
from app.web import trail

ACCOUNT_FROM_ADDRESS = parse("10 per 10 minutes")
ACCOUNT = parse("100 per hour")
ADDRESS = parse("60 per minute")
WORDS = {ACCOUNT_FROM_ADDRESS: "an account from an address", ACCOUNT: "an account", ADDRESS: "an address"}


class SignInLimits:
    """Counts tries. A sign-in that works gives its account's tries back; its address's stay counted."""

    def __init__(self) -> None:
        self._kept = MemoryStorage()
        self._windows = MovingWindowRateLimiter(self._kept)

    async def admit(self, address: str, email: str) -> None:
        """Count one try. Raises TooManyRequests."""
        for limit, names in self._counted(address, email):
            if not await self._windows.hit(limit, *names):
                trail.limited(f"{limit} for {WORDS[limit]}")
                window = await self._windows.get_window_stats(limit, *names)
                raise TooManyRequests(retry_after=max(1, int(window.reset_time - time.time())))

    async def succeeded(self, address: str, email: str) -> None:
        while self._kept.timer and not self._kept.timer.done():
            await asyncio.wait([self._kept.timer])  # it fails if what it looks at is taken away meanwhile
        for limit, names in self._counted(address, email)[1:]:
            await self._windows.clear(limit, *names)

    def _counted(self, address: str, email: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        account = addresses.same(email)[: addresses.LONGEST]
        return [(ADDRESS, (address,)), (ACCOUNT_FROM_ADDRESS, (address, account)), (ACCOUNT, (account,))]
