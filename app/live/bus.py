"""How it gets about that something was committed. A hint: whoever misses one looks at the journal a moment later."""

import asyncio


class MemoryBus:
    """For one process."""

    def __init__(self) -> None:
        self._hint = asyncio.Event()

    def announce(self) -> None:
        self._hint.set()

    async def wait(self, timeout: float) -> None:
        """Return at the next announcement, or after so many seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._hint.wait()
        except TimeoutError:
            pass
        self._hint.clear()
