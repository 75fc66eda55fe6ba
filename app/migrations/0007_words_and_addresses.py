"""The search's index begins anew, for search.fill() to fill; addresses get their one form; names are looked up.

An address that somebody else has already in that form stays as it is written, and its person stays who they are.
"""

import logging
import unicodedata

import idna
from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

log = logging.getLogger(__name__)

WITHOUT = dict.fromkeys(
    (0xAD, 0x34F, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
INDEX = (
    "DROP TABLE search_word",
    "DROP TABLE search",
    """
    CREATE VIRTUAL TABLE search USING fts5(
        subject, replies, notes, requester,
        tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'", prefix = "2"
    )
    """,  # marks are letters; prefix: two letters begin too many words to be put together for each query
    "CREATE VIRTUAL TABLE search_word USING fts5vocab('search', 'instance')",
    "INSERT INTO search(search, rank) VALUES ('automerge', 8)",  # as 0005 has it, and for its reasons
)
FILLED = (
    "CREATE TABLE search_filled (spelling INTEGER NOT NULL, upto INTEGER)",  # to which ticket; NULL: all of them
    "INSERT INTO search_filled VALUES (0, 0)",
)


async def begin_index(apps, editor):
    has_vectors = editor.client.capabilities.dialect == "postgres"
    for statement in (*(() if has_vectors else INDEX), *FILLED):
        await editor.client.execute_query(statement)


async def make_addresses_alike(apps, editor):
    people = await editor.client.execute_query_dict("SELECT id, email FROM person ORDER BY id")
    better = {row["id"]: one_form(row["email"]) for row in people}
    taken = {row["email"] for row in people if row["email"] == better[row["id"]]}
    for row in people:
        person, email = row["id"], better[row["id"]]
        if email == row["email"]:
            continue
        if email in taken:
            log.warning("person %s keeps an address that is another person's in other letters", person)
            continue
        taken.add(email)
        await editor.client.execute_query("UPDATE person SET email = ? WHERE id = ?", [email, person])


def one_form(email: str) -> str:
    plain = unicodedata.normalize("NFKC", email.translate(WITHOUT)).lower().replace("’", "'")
    local, at, domain = unicodedata.normalize("NFC", plain).strip().rpartition("@")
    if domain.isascii() and "xn--" not in domain:
        return f"{local}{at}{domain.rstrip('.')}"
    try:
        readable = idna.uts46_remap(".".join(map(decoded, domain.split("."))), std3_rules=False, transitional=False)
    except (idna.IDNAError, UnicodeError):
        return f"{local}{at}{domain.rstrip('.')}"
    return f"{local}{at}{'.'.join(map(encoded, readable.rstrip('.').split('.')))}"


def decoded(label: str) -> str:
    return label.removeprefix("xn--").encode("ascii").decode("punycode") if label.startswith("xn--") else label


def encoded(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


class Migration(migrations.Migration):
    dependencies = [("desk", "0006_kept_html")]

    operations = [
        ops.AddIndex("Person", Index(fields=("name",))),
        ops.RunPython(make_addresses_alike),
        ops.RunPython(begin_index),
    ]
