"""What the process keeps of the memory that it once needed."""

import ctypes
import gc

MANY = 100  # what fewer leave behind is not worth a look
LONG = 5  # seconds


def settle() -> None:
    """What is here now stays: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


class HighWaterMark:
    """How many of something there were at most, until long after most of them are gone."""

    def __init__(self) -> None:
        self._most, self._fewer_since = 0, 0.0

    def is_long_over(self, there: int, now: float) -> bool:
        """Look at how many there are now, by the monotonic clock; whether to give back what the others needed."""
        if there >= self._most / 2 or self._most < MANY:
            self._most, self._fewer_since = max(self._most, there), now
        elif now - self._fewer_since > LONG:
            self._most = there
            return True
        return False


def give_back() -> None:
    """To the system, what is free: the C library keeps it otherwise (glibc, malloc_trim(3))."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
