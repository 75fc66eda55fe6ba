"""Guessing passwords is slow, however it is done."""

import asyncio
import gc

import pytest

from app.desk import people
from app.web import limits

WRONG = {"email": "anna@pult.example", "password": "not her password"}


@pytest.fixture(autouse=True)
async def _password(served):
    await people.set_password(served.cast.anna, "her own password")


async def test_tries_at_the_same_time_do_not_pass_together(served):
    """ASVS 6.3.1."""
    client = served.stranger()
    answers = await asyncio.gather(*(client.post("/login", data=WRONG) for _ in range(30)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(422) == limits.ACCOUNT_FROM_ADDRESS.amount
    assert statuses.count(429) == 30 - limits.ACCOUNT_FROM_ADDRESS.amount
    late = next(answer for answer in answers if answer.status_code == 429)
    assert 0 < int(late.headers["Retry-After"]) <= 600


async def test_an_account_that_does_not_exist_is_limited_alike(served):
    client = served.stranger()
    nobody = {"email": "nobody@pult.example", "password": "x" * 8}
    statuses = [(await client.post("/login", data=nobody)).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_signing_in_gives_an_accounts_tries_back(served):
    client, right = served.stranger(), {**WRONG, "password": "her own password"}
    for _ in range(3):
        for _ in range(6):
            assert (await client.post("/login", data=WRONG)).status_code == 422
        assert (await client.post("/login", data=right)).status_code == 303


async def test_giving_back_fails_no_counting_that_is_under_way():
    """What fails in a task of the library's is a line in the log, and the line has the email in it."""
    counts, failed, before = limits.SignInLimits(), [], asyncio.all_tasks()
    asyncio.get_running_loop().set_exception_handler(lambda _, what: failed.append(what))
    await counts.admit("127.0.0.1", "anna@pult.example")
    await asyncio.sleep(0)
    under_way = asyncio.all_tasks() - before
    await counts.succeeded("127.0.0.1", "anna@pult.example")
    await asyncio.wait(under_way)
    del under_way, counts
    gc.collect()
    assert failed == []


async def test_a_forwarded_address_is_believed_from_nobody(served):
    """ASVS 15.3.4."""
    client = served.stranger()
    for number in range(10):
        await client.post("/login", data=WRONG, headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert (await client.post("/login", data=WRONG, headers={"X-Forwarded-For": "10.9.9.9"})).status_code == 429
