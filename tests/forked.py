"""A desk in a process of its own that did not have to import it: that takes most of the time of a start."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.__main__ import main

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__])


class Forked:
    """What `python -m app` does with these arguments; a process as asyncio has them."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], errors: Path) -> None:
        """errors: the file to which it adds what it writes to standard error."""
        self._process = _forks.Process(target=_run, args=(list(arguments), dict(environment), errors))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, how: signal.Signals) -> None:
        os.kill(self.pid, how)

    async def wait(self) -> None:
        await asyncio.to_thread(self._process.join)


def _run(arguments: list[str], environment: dict[str, str], errors: Path) -> None:
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    with errors.open("ab") as written, Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(written.fileno(), 2)
    main(arguments)


def _end_with_the_tests() -> None:
    """Also where they were interrupted, or killed: nobody would stop it then."""
    tests = multiprocessing.parent_process()
    assert tests
    tests.join()
    os._exit(1)
