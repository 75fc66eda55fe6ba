"""Servers in processes of their own, and what the system says that they used."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import ROOT
from tests.conftest import SECRET, UNLIMITED

MEGABYTE = 1e6


@dataclass(frozen=True)
class Server:
    """A running server on the loopback."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Seconds of CPU, user and system, since its start."""
        clock = ctypes.c_int()
        assert ctypes.CDLL(None).clock_getcpuclockid(self.pid, ctypes.byref(clock)) == 0  # /proc counts in 10 ms
        return time.clock_gettime(clock.value)

    def memory(self) -> float:
        """Resident bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        [kilobytes] = re.findall(r"VmRSS:\s+(\d+) kB", status)
        return int(kilobytes) * 1024

    def settle(self) -> None:
        """Until it does nothing more than an idle server does."""
        before = self.cpu()
        for _ in range(100):
            time.sleep(0.3)
            now = self.cpu()
            if now - before <= 0.03:
                return
            before = now
        raise TimeoutError("the server does not come to rest")


@contextmanager
def desk(database: str) -> Iterator[Server]:
    """The desk, served as `serve` does it."""
    with _running("-m", "app", "serve", "--port", "0", database=database) as server:
        yield server


@contextmanager
def forgetful(database: str) -> Iterator[Server]:
    """The same, but that no page is shown from memory, see tests/bench/forgetful.py."""
    with _running("-m", "tests.bench.forgetful", "serve", "--port", "0", database=database) as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """A bare Quart application, see tests/bench/bare.py."""
    with _running("-m", "tests.bench.bare") as server:
        yield server


def pult(database: str, *arguments: str) -> None:
    """Run a command of the desk to its end."""
    subprocess.run(
        command(*arguments),
        env=environment(database),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def command(*arguments: str) -> list[str]:
    """What runs a command of the desk."""
    return [sys.executable, "-m", "app", *arguments]


def environment(database: str) -> dict[str, str]:
    settings = {"DATABASE__URL": database, "SECURITY__SECRET_KEY": SECRET, "SERVER__LOG_LEVEL": "warning"}
    return {**os.environ, **UNLIMITED, **{f"PULT_{name}": value for name, value in settings.items()}}


@contextmanager
def _running(*arguments: str, database: str = "sqlite://unused") -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment(database), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        if not found:
            raise RuntimeError(f"the server did not start: {said}")
        yield Server(process.pid, int(found[1]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()
