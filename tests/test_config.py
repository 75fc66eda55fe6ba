"""Settings: from the file, the environment and the command line; a wrong one stops the start in one plain line."""

import re
import stat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import config as configuration
from app.config import ROOT, Config, ConfigError, Database

KEY = "k" * 32
NO_FILE = "on PostgreSQL there is no file to keep one beside"
EITHER = "sqlite:// and a path, or postgres:// and where the database is"


@pytest.fixture
def load(tmp_path):
    """The settings of a file with this text, and of these variables."""

    def settings(text: str = "", overrides: dict[str, object] | None = None, **environ: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, "utf-8")
        return configuration.load(path, environ, overrides)

    return settings


def test_the_file_in_the_repository_says_every_setting_and_its_default():
    kept, empty = configuration.load(ROOT / "config.toml", {}), Config()
    text = (ROOT / "config.toml").read_text()
    for name, section in configuration.SECTIONS.items():
        written = re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)[1]
        lines = [line for line in written.splitlines() if line.strip()]
        assert all("#" in line for line in lines)
        names = {line.partition("=")[0].strip() for line in lines}
        assert names == {key for key in section.__dataclass_fields__ if (name, key) not in configuration.DERIVED}
        assert name == "database" or getattr(kept, name) == getattr(empty, name)
    assert kept.database.url == empty.database.url and kept.database.path == ROOT / "pult.sqlite3"


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(load):
    text = "[server]\nport = 1\nhost = '::'\n[live]\ntoken_seconds = 5\n"
    assert load(text).server.port == 1
    config = load(
        text,
        PULT_SERVER__PORT="2",
        PULT_SERVER__PUBLIC_URL="https://desk.example.com",
        PULT_LIVE__HEARTBEAT_SECONDS="0.5",
        PULT_SERVER__PROXIES="10.0.0.1, 10.0.0.2,",
        PULT_SECURITY__SECRET_KEY=KEY,
        PATH="/bin",
        PULT_CONFIG="elsewhere",
    )
    assert (config.server.port, config.server.host, config.live.token_seconds) == (2, "::", 5)
    assert config.server.proxies == ("10.0.0.1", "10.0.0.2") and config.live.heartbeat_seconds == 0.5
    assert config.security.secret_key == KEY
    assert load(PULT_DESK__TIME_ZONE="Europe/Berlin").desk.zone == ZoneInfo("Europe/Berlin")
    assert load(text, {"port": 3}, PULT_SERVER__PORT="2").server.port == 3


def test_the_file_may_be_named_by_the_environment(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[server]\nport = 4\n")
    assert configuration.load(environ={"PULT_CONFIG": str(path)}).server.port == 4


@pytest.mark.parametrize(
    ("text", "environ", "message"),
    [
        ("[server]\nprot = 1", {}, "unknown setting server.prot; known: host, port, "),
        ("[sever]\nport = 1", {}, "unknown section in the configuration: sever"),
        ("port = 1", {}, "port stands outside a section"),
        ("[database]\npath = 'x'", {}, "unknown setting database.path; known: url"),
        ("", {"PULT_SERVER__PROT": "1"}, "unknown setting server.prot"),
        ("", {"PULT_NOTHING__PORT": "1"}, "unknown section in the configuration: nothing"),
        ("[server]\nport = ", {}, "cannot be read: "),
        ("[server]\nport = '80 '", {"PULT_SERVER__PORT": "eighty"}, "server.port must be a number, not 'eighty'"),
        ("[server]\nport = 80.5", {}, "server.port must be of type int, not 80.5"),
        ("[server]\nport = true", {}, "server.port must be of type int, not True"),
        ("[server]\nhost = 1", {}, "server.host must be of type str, not 1"),
        ("[server]\nproxies = [1]", {}, "server.proxies must be a list of texts"),
        ("[server]\nproxies = 1", {}, "server.proxies must be a list of texts"),
        ("[server]\nport = 65536", {}, "server.port must be between 0 and 65535"),
        ("[server]\nport = -1", {}, "server.port must be between 0 and 65535"),
        ("[server]\nlog_level = 'loud'", {}, "server.log_level must be debug, info, warning or error"),
        ("[server]\nworkers = 2", {}, "server.workers must be 1: one process serves a desk"),
        ("[bus]\nurl = 'redis://x'", {}, "bus.url must be memory://"),
        ("[database]\nurl = 'postgres://x'", {}, f"security.secret_key must be set: {NO_FILE}"),
        ("[database]\nurl = 'sqlite://'", {}, f"database.url must be {EITHER}"),
        *(
            (f"[database]\nurl = '{url}'\n[security]\nsecret_key = '{'k' * 32}'", {}, "database.url cannot be read")
            for url in (
                "postgres://pult:Ab9/cd@h/pult",
                "postgres://pult:a#b@h/pult",
                "postgres://p:a@b@h/pult",
                "postgres://h/pult?ssl",
            )
        ),
        ("[database]\nurl = 'postgres://'", {}, f"database.url must be {EITHER}"),
        ("[database]\nurl = 'mysql://x'", {}, f"database.url must be {EITHER}"),
        ("[security]\nsecret_key = 'short'", {}, "security.secret_key must have at least 32 characters"),
        ("", {"PULT_SECURITY__SECRET_KEY": "k" * 31}, "security.secret_key must have at least 32 characters"),
        ("[desk]\ntime_zone = 'Berlin'", {}, "desk.time_zone must be a time zone such as Europe/Berlin, not 'Berlin'"),
        ("", {"PULT_DESK__TIME_ZONE": "../UTC"}, "desk.time_zone must be a time zone such as Europe/Berlin, not '../"),
        ("", {"PULT_DESK__TIME_ZONE": "Europe"}, "desk.time_zone must be a time zone such as Europe/Berlin, not 'Eu"),
        ("[live]\nheartbeat_seconds = 'soon'", {}, "live.heartbeat_seconds must be a number, not 'soon'"),
        ("[live]\nheartbeat_seconds = nan", {}, "live.heartbeat_seconds must be more than 0"),
        ("[live]\ntoken_seconds = 0", {}, "live.token_seconds must be more than 0"),
        ("[sessions]\nidle_days = -1", {}, "sessions.idle_days must be more than 0"),
        ("", {"PULT_SESSIONS__TOTAL_DAYS": "0"}, "sessions.total_days must be more than 0"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(load, text, environ, message):
    with pytest.raises(ConfigError) as problem:
        load(text, **environ)
    assert message in str(problem.value)
    assert "\n" not in str(problem.value)
    assert environ.get("PULT_SECURITY__SECRET_KEY", "?" * 40) not in str(problem.value)


def test_a_missing_or_unreadable_file_stops_the_start(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no configuration file .*/none\.toml"):
        configuration.load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        configuration.load(tmp_path, {})
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        configuration.load(tmp_path / "binary.toml", {})


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("", ""),
        ("https://desk.example.com", "https://desk.example.com"),
        ("https://Desk.Example.com/", "https://desk.example.com"),
        ("HTTPS://desk.example.com", "https://desk.example.com"),
        ("http://localhost:9000", "http://localhost:9000"),
        ("https://desk.example.com:443", "https://desk.example.com"),
        ("http://desk.example.com:80/", "http://desk.example.com"),
        ("http://desk.example.com:443", "http://desk.example.com:443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://стол.рф", "https://xn--k1afie.xn--p1ai"),
    ],
)
def test_the_public_address_is_kept_as_browsers_write_an_origin(load, typed, origin):
    assert load(f"[server]\npublic_url = '{typed}'").server.public_url == origin


@pytest.mark.parametrize(
    "typed",
    [
        "desk.example.com",
        "ftp://desk.example.com",
        "//desk.example.com",
        "https://",
        "https://:443",
        "https://desk.example.com/pult",
        "https://desk.example.com?x=1",
        "https://desk.example.com#x",
        "https://me:secret@desk.example.com",
        "https://desk.example.com:https",
        "https://desk.example.com:99999",
        "https://[::1",
        "https://desk example.com",
        "https://..",
    ],
)
def test_a_public_address_that_is_no_origin_is_refused(load, typed):
    with pytest.raises(ConfigError, match=r"^server\.public_url must be an origin such as https://desk\.example\.com$"):
        load(f"[server]\npublic_url = '{typed}'")


def test_the_database_stands_beside_the_file_or_where_the_address_says(load, tmp_path):
    assert load().database.path == tmp_path / "pult.sqlite3"
    assert load("[database]\nurl = 'sqlite://data/x.db'").database.path == tmp_path / "data" / "x.db"
    assert load(PULT_DATABASE__URL="sqlite:///var/lib/x.db").database.path == Path("/var/lib/x.db")


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(load, tmp_path):
    config = load("[database]\nurl = 'sqlite://data/desk.sqlite3'")
    first = configuration.with_secret(config).security.secret_key
    file = tmp_path / "data" / "desk.secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and file.read_text() == first and len(first) >= 32
    assert configuration.with_secret(config).security.secret_key == first
    file.unlink()
    assert configuration.with_secret(config).security.secret_key != first


def test_no_secret_is_made_where_one_is_set(load, tmp_path):
    assert configuration.with_secret(load(f"[security]\nsecret_key = '{KEY}'")).security.secret_key == KEY
    assert list(tmp_path.glob("*.secret")) == []


def test_a_secret_file_that_cannot_be_used_stops_the_start(load, tmp_path):
    config = load()
    (tmp_path / "pult.secret").write_text("short\n")
    with pytest.raises(ConfigError, match=r"the secret key in .*pult\.secret is shorter than 32 characters"):
        configuration.with_secret(config)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"the secret key cannot be kept in .*: (Not a directory|File exists)"):
        configuration.with_secret(load("[database]\nurl = 'sqlite://file/x.db'"))


def test_a_secret_is_in_no_text_about_the_settings(load):
    address = "postgresql://pult:hunter2@db.example.com/pult"
    config = load(PULT_SECURITY__SECRET_KEY=KEY, PULT_DATABASE__URL=address)
    assert config.database.url == address
    assert KEY not in repr(config) and "hunter2" not in repr(config)


def test_a_place_is_told_without_who_signs_in_there():
    for url, place in (
        ("postgres://pult:hunter2@db.example.com:5433/pult?sslmode=require", "pult on db.example.com:5433"),
        ("postgres://pult:1/hunter2@db.example.com/pult", "pult on db.example.com"),
        ("postgres://pult@/pult?host=/run/postgresql&password=hunter2", "pult on /run/postgresql"),
        ("postgres://localhost", "the default database on localhost"),
    ):
        assert Database(url=url).place == place
