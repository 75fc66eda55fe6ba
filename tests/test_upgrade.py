"""A desk of an older version: its search finds what it should, and each of its people has one address."""

import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app import create_app, db, inspection
from app.config import Config, Database
from app.desk import addresses, people, search
from app.store.sqlite import backup
from app.upgrade import bring_up

from .desk.acts import a_ticket
from .desk.test_search import found
from .past import Past

MADE = "INSERT INTO person (id, email, name, role, created) VALUES (?, ?, ?, ?, 1)"
TICKET = """
    INSERT INTO ticket (id, subject, status, priority, requester_id, version, created, updated, updated_public)
    VALUES (?, ?, 'new', 1, ?, 1, 1, 1, 1)
"""
SAID = "INSERT INTO comment (ticket_id, author_id, kind, body, event_id, created) VALUES (?, ?, ?, ?, ?, 1)"


@pytest.fixture
async def old(config: Config, past: Past) -> Config:
    """The database of a desk before its words and addresses were what they are, with an agent and 120 tickets."""
    shutil.copy(await past.until("0006_kept_html"), config.database.path)
    with closing(sqlite3.connect(config.database.path)) as made, made:
        made.execute(MADE, [1, "anna@pult.example", "Anna", "agent"])
        made.execute(MADE, [2, "info@bücher.example", "Bücher", "requester"])
        for number in range(1, 121):
            made.execute(TICKET, [number, f"Nr. {number}", 2])
            made.execute(SAID, [number, 2, "reply", f"№{number * 1000} 日本語のプリンター", 2 * number])
            made.execute(SAID, [number, 1, "note", "walrus", 2 * number + 1])
    return config


def emails(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as read:
        return [email for (email,) in read.execute("SELECT email FROM person ORDER BY id")]


async def finds_everything(database: Database) -> None:
    await db.connect(database)
    anna, requester = await people.by_email("anna@pult.example"), await people.by_email("info@bücher.example")
    for person in (anna, requester):
        assert await found(person, "77000 プリンター") == [77]
    assert await found(anna, "from:info@bücher.example 77000") == await found(anna, "xn--bcher-kva 77000") == [77]
    assert await found(anna, "walrus 3000") == [3] and await found(requester, "walrus") == []
    assert await search.left() is None
    await db.disconnect()


async def test_the_index_is_filled_anew_once(old, capsys):
    assert "0007_words_and_addresses" in await bring_up(old.database)
    await finds_everything(old.database)
    assert await bring_up(old.database) == [] and capsys.readouterr().err == ""


async def test_a_big_desk_is_told_how_long_it_takes(old, capsys, monkeypatch):
    monkeypatch.setattr("app.upgrade.MANY", 100)
    await bring_up(old.database)
    assert capsys.readouterr().err == "Filling the search's index anew: 120 tickets\n"


async def test_filling_goes_on_where_it_was_stopped(old, monkeypatch):
    monkeypatch.setattr(search, "BATCH", 10)
    await db.migrate(old.database)
    await db.connect(old.database)
    done = []

    def stop(more: int) -> None:
        done.append(more)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await search.fill(stop)
    assert await search.left() == 120 - 2 * 10
    await a_ticket(await people.by_email("anna@pult.example"), body="meanwhile")
    await db.disconnect()
    assert await inspection.problems(old) == ["the search's index is not filled; run: python -m app migrate"]
    await bring_up(old.database)
    assert await inspection.problems(old) == []
    await finds_everything(old.database)


async def test_another_spelling_has_every_row_written_anew(old, monkeypatch):
    await bring_up(old.database)
    monkeypatch.setattr(search, "SPELLING", search.SPELLING + 1)
    monkeypatch.setattr("app.desk.words.indexed", lambda text: f"{text} other")
    await bring_up(old.database)
    await db.connect(old.database)
    assert len(await db.rows("SELECT rowid FROM search WHERE search MATCH 'other'")) == 3 * 120
    await db.disconnect()


async def test_a_desk_that_nobody_brought_up_fills_it_before_it_serves(old):
    await db.migrate(old.database)
    async with create_app(old).test_app():
        assert await found(await people.by_email("anna@pult.example"), "77000") == [77]


async def test_a_copy_of_an_old_desk_is_filled_before_it_is_put_back(old, tmp_path):
    copy = tmp_path / "copy.sqlite3"
    backup.back_up(old.database, copy, force=False)
    await backup.restore(old.database, copy, bring_up, force=True)
    await finds_everything(old.database)


async def test_an_address_gets_its_one_form_unless_somebody_has_it(old, caplog):
    written = (
        *(
            "Info@BÜCHER.example".lower(),
            "info@xn--bcher-kva.example",
            "an\u200bna@shop.example",
            "\u202aeva@shop.example",
        ),
        *(
            "e\u0301va@x.example",
            "éva@x.example",
            "o\u2019neil@shop.example",
            "ΣΊΣΥΦΟΣ@x.example".lower(),
            "plain@shop.example.",
        ),
    )
    with closing(sqlite3.connect(old.database.path)) as made, made:
        made.execute("DELETE FROM comment")
        made.execute("DELETE FROM ticket")
        made.execute("DELETE FROM person")
        for number, email in enumerate(written, 1):
            made.execute(MADE, [number, email, "x", "requester"])
    with caplog.at_level(logging.WARNING):
        await bring_up(old.database)
    kept = emails(old.database.path)
    assert kept == [
        *(written[0], "info@xn--bcher-kva.example", "anna@shop.example", "eva@shop.example"),
        *(written[4], "éva@x.example", "o'neil@shop.example", "σίσυφος@x.example", "plain@shop.example"),
    ]
    assert [record.args for record in caplog.records if "keeps an address" in record.msg] == [(1,), (5,)]
    assert [email for email in kept if addresses.same(email) != email] == [written[0], written[4]]
    await db.connect(old.database)
    for number, email in enumerate(kept, 1):
        assert (await people.by_email(email)).id == number, "whose address stayed as it is comes in by it"
    await db.disconnect()
