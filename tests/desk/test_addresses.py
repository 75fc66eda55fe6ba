"""One person is one, however their address is written; what cannot be an address is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.desk import addresses, embeds, people
from app.desk.errors import Invalid
from app.web.limits import SignInLimits
from tests import forms

from .acts import a_ticket
from .test_search import found

ALIKE = (  # the one form, how it is shown, and other ways to write it
    (
        "anna@shop.example",
        "anna@shop.example",
        ("ANNA@Shop.Example ", "an\u200bna@shop.example", "\u202aanna@shop.example\u202c"),
    ),
    (
        "anna@shop.example",
        "anna@shop.example",
        ("ａｎｎａ＠ｓｈｏｐ．ｅｘａｍｐｌｅ", "anna@shop\u00ad.example", "anna@shop.example."),
    ),
    ("o'neil+desk@shop.example", "o'neil+desk@shop.example", ("O'Neil+desk@shop.example", "o’neil+desk@shop.example")),
    ("info@xn--bcher-kva.example", "info@bücher.example", ("Info@Bücher.example", "info@BU\u0308CHER.EXAMPLE")),
    ("info@xn--bcher-kva.example", "info@bücher.example", ("info@XN--BCHER-KVA.example", "info@bu\u0308cher。example")),
    ("почта@xn--e1afmkfd.xn--p1ai", "почта@пример.рф", ("Почта@Пример.РФ", "почта@xn--e1afmkfd.рф")),
    ("a@xn--fa-hia.example", "a@faß.example", ("a@faß.example", "A@xn--fa-hia.example")),
    ("a@xn--n3h.example", "a@☃.example", ("a@☃.example",)),
    ("évа@x.example", "évа@x.example", ("e\u0301vа@x.example", "ÉVА@x.example")),
    ("!#$%&'*+-/=?^_`{|}~.x@a-b.example", "!#$%&'*+-/=?^_`{|}~.x@a-b.example", ("!#$%&’*+-/=?^_`{|}~.X@A-B.example",)),
)
NONE = (
    *(
        "",
        "nobody",
        "@",
        "a@",
        "@b.example",
        "a@b@c.example",
        "a b@c.example",
        "a@b c.example",
        "<a@b.example>",
        "a@b.example,c@d.example",
    ),
    *(
        "a\x00@b.example",
        "a@b\x07.example",
        "a@b.example\nbcc: c@d.example",
        '"a"@b.example',
        "a@[127.0.0.1]",
        "\u200b@b.example",
        "a@\u200b",
    ),
    *("a" * 250 + "@b.example", "a@" + "ü" * 2000, "ü" * 300 + "@b.example"),
)


def test_an_address_has_one_form_and_is_shown_in_its_own_letters():
    for form, shown, others in ALIKE:
        assert addresses.shown(form) == shown
        for written in (form, shown, *others):
            assert addresses.parse(written) == form, written


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="not_an_email"):
        addresses.parse(text)


def test_a_domain_that_would_be_read_as_another_is_shown_as_it_is_kept():
    for form in (
        "a@xn--0.example",
        "a@xn--zzzzzzzz9.example",
        "a@" + "b\u200bc".encode("punycode").decode() + ".example",
    ):
        assert addresses.shown(form) == form
    hidden = "a@xn--" + "b\u202ec".encode("punycode").decode("ascii") + ".example"
    assert addresses.shown(hidden) == hidden


@given(text=st.text(st.characters(codec="utf-8")) | st.text("aüİß.@-'x\u0301\u200b。ＡΣ", max_size=12))
def test_the_form_of_a_form_is_itself(text):
    form = addresses.same(text)
    assert addresses.same(form) == form and addresses.same(addresses.shown(form)) == form


async def test_every_door_knows_a_person_by_any_way_to_write_them(desk):
    key = await embeds.add_key("Shop", ["https://shop.example"])
    for form, _, others in ALIKE:
        person = await people.by_email(form) or await people.add(others[0], "Somebody", "requester", "their password")
        assert person.email == form
        ticket = await a_ticket(desk.anna, requester=form)
        for written in (form, *others):
            assert (await people.by_email(written)).id == person.id
            assert (await people.authenticate(written, "their password")).id == person.id
            assert (await a_ticket(desk.anna, requester=written)).requester_id == person.id
            moved = await forms.change(desk.anna, ticket.id, str(ticket.version), {"requester": "dmitri@pult.example"})
            ticket = await forms.change(desk.anna, ticket.id, str(moved.version), {"requester": written})
            assert ticket.requester_id == person.id
            assert ticket.id in await found(desk.anna, f"from:{written.strip()}"), written
            with pytest.raises(Invalid, match="taken"):
                await people.add(written, "Somebody else", "agent")
            claims = {"sub": written, "name": "X", "resource": "tickets", "actions": ["read"]}
            assert (await embeds.admit(key, claims, 1)).person == person.id


async def test_guesses_are_counted_by_whom_they_are_about(desk):
    for form, _, others in ALIKE:
        assert {SignInLimits()._counted("127.0.0.1", written)[2][1] for written in (form, *others)} == {(form,)}
