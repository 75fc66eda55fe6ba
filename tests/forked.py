"""Pult in a process of its own that did not have to import it: that takes most of the time of a start."""

import asyncio
import atexit
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from multiprocessing.reduction import DupFd
from typing import IO, Any

from app.__main__ import main
from app.config import ROOT

LONGEST = 60  # seconds that a command may take before we say that it hangs

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.warm"])


class Forked:
    """What `python -m app` does with these arguments; a process as asyncio has them, which ends with the tests.

    Its environment, streams, signals, limits and exit status are its own. What Python does before Pult's first line is
    not done anew: imports, what modules keep of the desk's own files, and whatever Python takes from the environment
    for itself, such as how it encodes streams. A test about that begins a real one.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: IO[Any] | None = None,
        stdout: IO[Any] | None = None,
        stderr: IO[Any],
        first: Callable[[], object] | None = None,
    ) -> None:
        """The streams are files with a number; None: nothing is there. first: what it does before, by its own name."""
        with open(os.devnull, "r+b") as nothing:  # noqa: PTH123
            streams = [(stream or nothing).fileno() for stream in (stdin, stdout, stderr)]
            begin = partial(_run, list(arguments), dict(environment), Streams(streams), first)
            self._process = _forks.Process(target=begin, daemon=True)  # ended with the tests if nobody else does it
            with contextlib.chdir(ROOT):  # where the server of forks finds Pult, and the process then is
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
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)

    def ended(self) -> int:
        """Wait here for its exit status."""
        self._process.join(LONGEST)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutError(f"it did not end within {LONGEST} s")
        return self._process.exitcode


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    typed: str = "",
    first: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[str]:
    """A command from its begin to its end."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(typed.encode())
        stdin.seek(0)
        status = Forked(arguments, environment, stdin=stdin, stdout=stdout, stderr=stderr, first=first).ended()
        said, errors = [(stream.seek(0), stream.read().decode())[1] for stream in (stdout, stderr)]
        return subprocess.CompletedProcess(arguments, status, said, errors)


def pipe() -> tuple[IO[bytes], IO[bytes]]:
    """Where one reads what a process says, and what to give it as its stream, and close then."""
    reads, writes = os.pipe()
    return os.fdopen(reads, "rb"), os.fdopen(writes, "wb")


class Streams:
    """Numbers of open files, on their way to another process."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = numbers

    def __reduce__(self) -> tuple[object, ...]:
        return _arrived, ([DupFd(number) for number in self.numbers],)


def _arrived(streams: list[Any]) -> Streams:
    return Streams([stream.detach() for stream in streams])


def _run(
    arguments: list[str], environment: dict[str, str], streams: Streams, first: Callable[[], object] | None
) -> None:
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    for number, stream in enumerate(streams.numbers):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    if first:
        first()
    try:
        main(arguments, prog_name="python -m app")
    finally:
        atexit._run_exitfuncs()  # a process of multiprocessing's leaves them out


def _end_with_the_tests() -> None:
    """Also where they were interrupted, or killed: nobody would stop it then."""
    tests = multiprocessing.parent_process()
    assert tests
    tests.join()
    os._exit(1)
