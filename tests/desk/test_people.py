"""People: who they are, how they sign in, and how long that lasts."""

import asyncio

import pytest
from argon2 import PasswordHasher

from app import db
from app.config import Sessions
from app.desk import people, queries
from app.desk.audience import STAFF
from app.desk.errors import Invalid, Missing
from app.desk.events import What
from app.desk.filters import Filter
from app.desk.models import Person, Session
from app.desk.roles import Role

from .acts import a_ticket, everything, journal, position

PASSWORD = "correct horse"
MINUTE = 60 * 1_000_000  # microseconds
LIMITS = Sessions(idle_days=14, total_days=90)


async def shift(session: str, **ago: int) -> None:
    """Let a session be older: created or last_seen so many microseconds before now."""
    await Session.filter(id=session).update(**{name: db.now() - moment for name, moment in ago.items()})


async def signed_in(person: Person) -> str:
    return people.session_id(await people.begin_session(person))


async def who(session: str, *, seen: bool = True) -> Person | None:
    return await people.of_session(session, LIMITS, seen=seen)


async def test_a_person_is_known_by_their_address_in_any_case(desk):
    person = await people.add("  Eva@Pult.Example ", "  Eva   Stern ", "agent", PASSWORD)
    assert (person.email, person.name, person.role) == ("eva@pult.example", "Eva Stern", Role.AGENT)
    assert (await people.by_email("EVA@pult.example ")).id == person.id
    assert PASSWORD not in str(await everything())


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        (("nobody", "N", "agent"), {"email": "not_an_email"}),
        (("a@b@c", "N", "agent"), {"email": "not_an_email"}),
        (("a b@c", "N", "agent"), {"email": "not_an_email"}),
        (("<a>@b", "N", "agent"), {"email": "not_an_email"}),
        (("a@b\r\nbcc:c@d", "N", "agent"), {"email": "not_an_email"}),
        (("Anna@pult.example", "N", "agent"), {"email": "taken"}),
        (("e@b", " ", "agent"), {"name": "empty"}),
        (("e@b", "n" * 101, "agent"), {"name": "too_long"}),
        (("e@b", "N", "owner"), {"role": "unknown"}),
        (("e@b", "N", "agent", "7 chars"), {"password": "password_length"}),
        (("e@b", "N", "agent", "p" * 129), {"password": "password_length"}),
        (
            ("", "", "", "p"),
            {"email": "not_an_email", "name": "empty", "role": "unknown", "password": "password_length"},
        ),
    ],
)
async def test_who_cannot_be_added_is_not_and_it_says_why(desk, asked, errors):
    before = await everything()
    with pytest.raises(Invalid) as problem:
        await people.add(*asked)
    assert problem.value.errors == errors
    assert await everything() == before


async def test_of_two_who_are_added_at_once_with_one_address_the_second_is_told_so(desk):
    twice = (people.add("once@pult.example", "Once", Role.AGENT, "a long password") for _ in range(2))
    added, refused = sorted(
        await asyncio.gather(*twice, return_exceptions=True), key=lambda it: isinstance(it, Invalid)
    )
    assert isinstance(added, Person)
    assert isinstance(refused, Invalid) and refused.errors == {"email": "taken"}


async def test_people_sign_in_with_their_password_and_nobody_elses(desk):
    eva = await people.add("eva@pult.example", "Eva", "agent", PASSWORD)
    await people.add("emil@pult.example", "Emil", "agent", "another password")
    assert (await people.authenticate("Eva@pult.example", PASSWORD)).id == eva.id
    for email, password in (
        ("eva@pult.example", PASSWORD.upper()),
        ("eva@pult.example", PASSWORD + " "),
        ("eva@pult.example", ""),
        ("eva@pult.example", "p" * 100_000),
        ("emil@pult.example", PASSWORD),
        ("nobody@pult.example", PASSWORD),
        ("anna@pult.example", ""),  # has no password
        ("", ""),
    ):
        assert await people.authenticate(email, password) is None


async def test_the_longest_password_works_to_its_last_letter(desk):
    await people.add("eva@pult.example", "Eva", "agent", "ж" * 128)
    assert await people.authenticate("eva@pult.example", "ж" * 128)
    assert await people.authenticate("eva@pult.example", "ж" * 127) is None
    assert await people.authenticate("eva@pult.example", "ж" * 129) is None


async def test_a_disabled_person_signs_in_no_more_and_all_their_sessions_end(desk):
    await people.add("eva@pult.example", "Eva", "agent", PASSWORD)
    eva, came = await people.authenticate("eva@pult.example", PASSWORD), await position()
    first, second, boris = await signed_in(eva), await signed_in(eva), await signed_in(desk.boris)
    await people.disable("EVA@pult.example")
    assert await people.authenticate("eva@pult.example", PASSWORD) is None
    assert await who(first) is None and await who(second) is None
    assert (await who(boris)).id == desk.boris.id
    events = await journal(came)
    assert [event.what for event in events] == [What.PERSON_DISABLED, What.SESSION_ENDED, What.SESSION_ENDED]
    assert {event.session for event in events[1:]} == {first, second}
    assert {event.person for event in events} == {eva.id}
    with pytest.raises(Missing):
        await people.disable("nobody@pult.example")


async def test_a_new_password_ends_every_session_and_replaces_the_old_one(desk):
    eva, came = await people.add("eva@pult.example", "Eva", "agent", PASSWORD), await position()
    session = await signed_in(eva)
    with pytest.raises(Invalid):
        await people.set_password(eva, "short")
    assert await who(session)
    await people.set_password(eva, "a new password")
    assert await who(session) is None
    assert await people.authenticate("eva@pult.example", PASSWORD) is None
    assert await people.authenticate("eva@pult.example", "a new password")
    assert [(event.what, event.session) for event in await journal(came)] == [(What.SESSION_ENDED, session)]


async def test_a_cookie_of_a_session_is_not_in_the_database(desk):
    token = await people.begin_session(desk.anna)
    assert token not in str(await everything()) and people.session_id(token) in str(await everything())
    assert (await who(people.session_id(token))).id == desk.anna.id
    assert await who(token) is None


async def test_a_session_ends_when_nothing_is_heard_for_its_idle_days(desk):
    session = await signed_in(desk.anna)
    await shift(session, last_seen=14 * people.DAY - MINUTE)
    assert await who(session, seen=False)
    await shift(session, last_seen=14 * people.DAY + MINUTE)
    assert await who(session) is None
    assert await who(session) is None, "looking at an ended session must not bring it back"


async def test_a_session_ends_after_its_total_days_however_busy(desk):
    session = await signed_in(desk.anna)
    await shift(session, created=90 * people.DAY - MINUTE)
    assert await who(session)
    await shift(session, created=90 * people.DAY + MINUTE)
    assert await who(session) is None


async def test_sessions_that_hold_no_more_are_deleted_when_somebody_signs_in(desk):
    idle, old, kept = [await signed_in(person) for person in (desk.anna, desk.boris, desk.vera)]
    await shift(idle, last_seen=14 * people.DAY + MINUTE)
    await shift(old, created=90 * people.DAY + MINUTE)
    await people.forget_sessions(Sessions())
    assert [session.id for session in await Session.all()] == [kept]


async def test_being_seen_is_written_down_every_ten_minutes_at_most(desk):
    session = await signed_in(desk.anna)

    async def written(ago: int, *, seen: bool = True) -> bool:
        await shift(session, last_seen=ago)
        before = (await Session.get(id=session)).last_seen
        await who(session, seen=seen)
        return (await Session.get(id=session)).last_seen != before

    assert not await written(9 * MINUTE)
    assert await written(11 * MINUTE)
    assert not await written(11 * MINUTE, seen=False), "a heartbeat is not a person"


async def test_ending_a_session_ends_that_one_and_is_told_once(desk):
    first, second = await signed_in(desk.anna), await signed_in(desk.anna)
    await people.end_session(first)
    await people.end_session(first)
    await people.end_session("unknown")
    assert await who(first) is None and await who(second)
    assert [(event.what, event.session) for event in await journal()] == [(What.SESSION_ENDED, first)]


async def test_a_new_role_is_told(desk):
    await people.set_role(desk.clara, Role.AGENT)
    assert (await people.by_email("clara@pult.example")).is_staff
    assert [(event.what, event.person) for event in await journal()] == [(What.PERSON_CHANGED, desk.clara.id)]


async def test_a_new_name_is_told_and_they_are_found_by_it(desk):
    hers = await a_ticket(desk.clara)
    await a_ticket(desk.dmitri)

    async def found(text: str) -> list[int]:
        return [row.id for row in (await queries.page(Filter(STAFF, q=text))).rows]

    assert await found("from:clara") == [hers.id] and await found("from:laurent") == []
    await people.set_name(desk.clara, "  Zoë \n Laurent ")
    assert (await people.by_email("clara@pult.example")).name == "Zoë Laurent"
    assert await found("from:laurent") == await found("zoe") == await found("from:clara@pult.example") == [hers.id]
    assert await found("from:clara") == [hers.id], "by her address"
    told = (await journal())[-1]
    assert (told.what, told.person, told.changes) == (
        What.PERSON_CHANGED,
        desk.clara.id,
        {"name": ("Clara", "Zoë Laurent")},
    )
    before = await everything()
    await people.set_name(desk.clara, "Zoë Laurent")
    for name, code in (("", "empty"), ("n" * 101, "too_long")):
        with pytest.raises(Invalid) as problem:
            await people.set_name(desk.clara, name)
        assert problem.value.errors == {"name": code}
    assert await everything() == before


async def test_who_was_shut_out_comes_back_with_their_password_and_no_old_session(desk):
    eva = await people.add("eva@pult.example", "Eva", "agent", PASSWORD)
    session = await signed_in(eva)
    await people.disable("eva@pult.example")
    assert not (await people.enable("EVA@pult.example")).disabled
    assert (await people.authenticate("eva@pult.example", PASSWORD)).id == eva.id and await who(session) is None
    assert (await journal())[-1].what == What.PERSON_CHANGED
    before = await everything()
    await people.enable("eva@pult.example")
    assert await everything() == before
    with pytest.raises(Missing):
        await people.enable("nobody@pult.example")


async def test_the_desk_goes_on_while_passwords_are_hashed(desk, monkeypatch):
    """Each hash takes tens of milliseconds: the loop must turn many times meanwhile, and the database answer."""
    monkeypatch.setattr(people, "_hasher", PasswordHasher())
    await people.add("eva@pult.example", "Eva", "agent", PASSWORD)
    hashing = asyncio.gather(*(people.authenticate("eva@pult.example", PASSWORD) for _ in range(6)))
    turns = 0
    while not hashing.done():
        await Person.get(id=desk.anna.id)
        await asyncio.sleep(0)
        turns += 1
    assert all(await hashing)
    assert turns > 20
