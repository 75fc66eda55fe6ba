"""Settings: one frozen value, read from a TOML file and the environment, wrong ones refused with a clear message."""

import contextlib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32  # bytes; RFC 7518, 3.2: an HS256 key is at least as long as its hash
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")  # a name, or an IPv6 address


class ConfigError(Exception):
    """A setting that cannot be used. The message is one plain line for the person who starts Pult."""


@dataclass(frozen=True)
class Server:
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    public_url: str = ""
    proxies: tuple[str, ...] = ()
    log_level: str = "info"


@dataclass(frozen=True)
class Database:
    url: str = field(default="sqlite://pult.sqlite3", repr=False)  # it may hold a password
    path: Path = Path("pult.sqlite3")  # of the SQLite file, absolute; derived from the url

    @property
    def is_file(self) -> bool:
        return self.url.startswith("sqlite:")

    @property
    def place(self) -> str:
        """For people: the file, or the server and its database; never who signs in, or by what password."""
        if self.is_file:
            return str(self.path)
        address, _, query = self.url.partition("://")[2].partition("?")
        host, _, name = address.rpartition("@")[2].partition("/")
        asked = parse_qs(query)
        host = host or asked.get("host", ["the default server"])[-1]
        return f"{name or asked.get('dbname', ['the default database'])[-1]} on {host}"


@dataclass(frozen=True)
class Bus:
    url: str = "memory://"


@dataclass(frozen=True)
class Security:
    secret_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Sessions:
    idle_days: int = 14
    total_days: int = 90


@dataclass(frozen=True)
class Live:
    heartbeat_seconds: float = 20.0
    token_seconds: int = 60
    forget_seconds: float = 60.0


@dataclass(frozen=True)
class Desk:
    time_zone: str = "UTC"

    @property
    def zone(self) -> tzinfo:
        """Raises ValueError for what is no name of a time zone, or of none that this machine knows."""
        if self.time_zone == "UTC":  # also where there is no database of zones
            return UTC
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, OSError) as error:
            raise ValueError(self.time_zone) from error


@dataclass(frozen=True)
class Limits:
    messages: int = 20
    changes: int = 300
    pages: int = 200


@dataclass(frozen=True)
class Config:
    server: Server = Server()
    database: Database = Database()
    bus: Bus = Bus()
    security: Security = Security()
    sessions: Sessions = Sessions()
    live: Live = Live()
    limits: Limits = Limits()
    desk: Desk = Desk()


SECTIONS: dict[str, type[Any]] = {section.name: type(section.default) for section in fields(Config)}
DERIVED = {("database", "path")}


def load(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, object] | None = None,
) -> Config:
    """The settings of this start.

    path: the TOML file; else the one named by PULT_CONFIG, else config.toml beside the code.
    environ: where PULT_<SECTION>__<KEY> is looked up; it wins over the file.
    overrides: of the server section, from the command line; they win over both.
    Raises ConfigError for a missing file, an unknown key, a value of the wrong type or a weak secret.
    """
    path = (path or Path(environ.get("PULT_CONFIG") or ROOT / "config.toml")).resolve()
    values = _from_file(path)
    for name, text in environ.items():
        if name.startswith("PULT_") and "__" in name:
            section, _, setting = name.removeprefix("PULT_").lower().partition("__")
            values.setdefault(section, {})[setting] = text
    values.setdefault("server", {}).update(overrides or {})
    config = Config(**{name: _section(name, values.pop(name, {})) for name in SECTIONS})
    if values:
        raise ConfigError(f"unknown section in the configuration: {', '.join(sorted(values))}")
    return _checked(config, base=path.parent)


def secret_file(database: Database) -> Path:
    """Where the key of a desk in an SQLite file is kept, if none is configured."""
    return database.path.with_suffix(".secret")


def kept_secret(database: Database) -> str:
    """The key that is kept there, if there is one. Raises OSError, ConfigError for what is no key."""
    file = secret_file(database)
    return _read_secret(file) if database.is_file and file.exists() else ""


def _read_secret(file: Path) -> str:
    try:
        secret_key = file.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise ConfigError(f"the secret key in {file} is no text") from None
    if len(secret_key) < SHORTEST_SECRET:
        raise ConfigError(f"the secret key in {file} is shorter than {SHORTEST_SECRET} characters")
    return secret_key


def with_secret(config: Config) -> Config:
    """The same settings with a secret key: where none is set, the one kept beside the database, made at first use."""
    if config.security.secret_key:
        return config
    file = secret_file(config.database)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as new:
                new.write(secrets.token_urlsafe(48))
        if file.stat().st_mode & 0o077:  # copied by somebody, and nobody else's business all the same
            file.chmod(0o600)
        secret_key = _read_secret(file)
    except OSError as error:
        raise ConfigError(f"the secret key cannot be kept in {file}: {error.strerror}") from error
    return replace(config, security=replace(config.security, secret_key=secret_key))


def _from_file(path: Path) -> dict[str, dict[str, Any]]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no configuration file {path}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    loose = [name for name, value in document.items() if not isinstance(value, dict)]
    if loose:
        raise ConfigError(f"{path}: {loose[0]} stands outside a section")
    return document


def _section(name: str, values: dict[str, Any]) -> Any:
    known = {item.name: item for item in fields(SECTIONS[name]) if (name, item.name) not in DERIVED}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(f"unknown setting {name}.{unknown[0]}; known: {', '.join(known)}")
    return SECTIONS[name](
        **{setting: _typed(f"{name}.{setting}", value, known[setting].default) for setting, value in values.items()}
    )


def _typed(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        parts = value.split(",") if isinstance(value, str) else value
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            return tuple(part.strip() for part in parts if part.strip())
        raise ConfigError(f"{name} must be a list of texts")
    wanted = type(default)
    if isinstance(value, str) and wanted is not str:
        try:
            return wanted(value)
        except ValueError:
            raise ConfigError(f"{name} must be a number, not {value!r}") from None
    if isinstance(value, bool) or not isinstance(value, wanted | int if wanted is float else wanted):
        raise ConfigError(f"{name} must be of type {wanted.__name__}, not {value!r}")
    return value


def _checked(config: Config, base: Path) -> Config:
    server, secret = config.server, config.security.secret_key
    if not 0 <= server.port <= 65535:
        raise ConfigError("server.port must be between 0 and 65535")
    if server.log_level not in ("debug", "info", "warning", "error"):
        raise ConfigError("server.log_level must be debug, info, warning or error")
    if server.public_url:
        try:
            server = replace(server, public_url=origin(server.public_url))
        except ValueError:
            raise ConfigError("server.public_url must be an origin such as https://desk.example.com") from None
    try:
        _ = config.desk.zone
    except ValueError:
        raise ConfigError(
            f"desk.time_zone must be a time zone such as Europe/Berlin, not {config.desk.time_zone!r}"
        ) from None
    _check_numbers(config)
    if secret and len(secret) < SHORTEST_SECRET:
        raise ConfigError(f"security.secret_key must have at least {SHORTEST_SECRET} characters")
    if config.bus.url != "memory://":
        raise ConfigError("bus.url must be memory://")
    if server.workers != 1:
        raise ConfigError("server.workers must be 1: one process serves a desk")
    return replace(config, server=server, database=_database(config, base))


def _database(config: Config, base: Path) -> Database:
    url = config.database.url
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql") and rest:
        if not config.security.secret_key:
            raise ConfigError("security.secret_key must be set: on PostgreSQL there is no file to keep one beside")
        if not _is_address(url):
            raise ConfigError("database.url cannot be read; in a password : / ? # @ are written %3A %2F %3F %23 %40")
        return config.database
    if scheme != "sqlite" or not rest:
        raise ConfigError("database.url must be sqlite:// and a path, or postgres:// and where the database is")
    return replace(config.database, path=(base / rest).resolve())


def _is_address(url: str) -> bool:
    """Of a PostgreSQL server. What it holds is told nowhere."""
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.query and parse_qs(parts.query, strict_parsing=True)
    except ValueError:
        return False
    return parts.netloc.count("@") <= 1


def _check_numbers(config: Config) -> None:
    for name in ("sessions", "live"):
        for setting, value in asdict(getattr(config, name)).items():
            if not value > 0:  # true of nan too
                raise ConfigError(f"{name}.{setting} must be more than 0")
    for setting, value in asdict(config.limits).items():
        if value < 0:
            raise ConfigError(f"limits.{setting} must be 0, for none, or more")


def origin(url: str) -> str:
    """The origin as browsers send it: lower case, ASCII, without the port that its scheme has anyway (RFC 6454, 6).

    Raises ValueError for what is no origin, or more than one.
    """
    parts = urlsplit(url)
    host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    beyond = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in PORTS or not _HOST.fullmatch(host) or beyond:
        raise ValueError(url)
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, PORTS[parts.scheme]) else "")
