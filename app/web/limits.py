"""How often something may be done: tries of a sign-in, and what one person writes and changes.

The windows of the `limits` library move and are taken before anything is done, so that tries at the same time do not
pass together (OWASP ASVS 5.0, 6.3.1).
"""

import asyncio
import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from app import config
from app.desk import addresses
from app.web import audit

ACCOUNT_FROM_ADDRESS = parse("10 per 10 minutes")
ACCOUNT = parse("100 per hour")
ADDRESS = parse("60 per minute")
WORDS = {ACCOUNT_FROM_ADDRESS: "an account from an address", ACCOUNT: "an account", ADDRESS: "an address"}

TICKETS_A_CHANGE = 10  # of many that are changed together: one of them costs a tenth of a change of its own
CONNECTIONS = 3000  # a minute; 20 pages that are cut every 2 s ask for 600
CONNECT = {"live.connection", "embed.session", "embed.connection"}
DRAFTS = 300  # a minute; who types without end pauses for half a second 120 times at most
READS = 600  # the same of tickets that were read
MESSAGES = {"tickets.create", "comments.write", "embed.create", "embed.write"}
UNCOUNTED = {"auth.login", "auth.logout", "tickets.begin", "embed.begin"}  # counted above, or nothing is changed


class TooMany(TooManyRequests):
    """Somebody is over a limit; nothing was done. wait: seconds until they may go on."""

    def __init__(self, wait: int) -> None:
        super().__init__(retry_after=wait)
        self.wait = wait


class Windows:
    """When each of many did something lately."""

    def __init__(self) -> None:
        self._kept = MemoryStorage()
        self._windows = MovingWindowRateLimiter(self._kept)

    async def hit(self, limit: RateLimitItem, *who: str, times: int = 1) -> int:
        """Count so often more, if there is room; the seconds until there is, which is 0 for whoever was counted."""
        if await self._windows.hit(limit, *who, cost=times):
            return 0
        window = await self._windows.get_window_stats(limit, *who)
        return max(1, math.ceil(window.reset_time - time.time()))

    async def clear(self, limits: list[tuple[RateLimitItem, tuple[str, ...]]]) -> None:
        while self._kept.timer and not self._kept.timer.done():
            await asyncio.wait([self._kept.timer])  # it fails if what it looks at is taken away meanwhile
        for limit, who in limits:
            await self._windows.clear(limit, *who)


class SignInLimits:
    """Counts tries. A sign-in that works gives its account's tries back; its address's stay counted."""

    def __init__(self) -> None:
        self._windows = Windows()

    async def admit(self, address: str, email: str) -> None:
        """Count one try. Raises TooManyRequests."""
        for limit, who in self._counted(address, email):
            if wait := await self._windows.hit(limit, *who):
                audit.limited(f"{limit} for {WORDS[limit]}")
                raise TooManyRequests(retry_after=wait)

    async def succeeded(self, address: str, email: str) -> None:
        await self._windows.clear(self._counted(address, email)[1:])

    def _counted(self, address: str, email: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        account = addresses.same(email)[: addresses.LONGEST]
        return [(ADDRESS, (address,)), (ACCOUNT_FROM_ADDRESS, (address, account)), (ACCOUNT, (account,))]


class Limits:
    """Counts what each person sends: messages, and whatever else changes the desk. Also what is refused afterwards."""

    def __init__(self, settings: config.Limits) -> None:
        self._windows = Windows()
        self._settings = settings

    async def admit(self, person: int, endpoint: str) -> None:
        """Count one POST. Raises TooMany."""
        if endpoint not in UNCOUNTED:
            await self._count(person, *self._limit(endpoint))

    async def admit_more(self, person: int, tickets: int) -> None:
        """Of a POST that was admitted and is about so many tickets, count what it is worth besides. Raises TooMany.

        Never more than there is: who has done nothing else for a minute may change as many as one can.
        """
        more, amount = math.ceil(tickets / TICKETS_A_CHANGE) - 1, self._settings.changes
        if more > 0 and amount > 1:
            await self._count(person, "changes", amount, times=min(more, amount - 1))

    async def _count(self, person: int, what: str, amount: int, times: int = 1) -> None:
        """amount: how many a minute; 0: as many as one likes."""
        limit = RateLimitItemPerMinute(amount) if amount else None
        if limit and (wait := await self._windows.hit(limit, what, str(person), times=times)):
            audit.too_much(f"{amount} {what} a minute")
            raise TooMany(wait)

    def _limit(self, endpoint: str) -> tuple[str, int]:
        """Of what, and how many a minute; 0: as many as one likes."""
        if endpoint in CONNECT:
            return "connections", CONNECTIONS
        if endpoint == "tickets.read":  # said by a page, of what came to it
            return "reads", READS
        if endpoint == "drafts.keep":
            return "drafts", DRAFTS
        if endpoint in MESSAGES:
            return "messages", self._settings.messages
        return "changes", self._settings.changes
