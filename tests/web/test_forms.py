"""Whatever can be wrong with something typed is said in words, wherever it was typed."""

import pytest

from app.cli.tools import Failed, spoken
from app.desk import people
from app.desk.errors import Code, Invalid
from app.live.render import LANGUAGES, Renderer
from app.web.forms import Form


@pytest.mark.parametrize("code", Code)
def test_a_form_says_in_every_language_what_is_wrong(code):
    words = Form({}, {"field": code}).error("field")
    said = {Renderer({}).gettext(language)(words) for language in LANGUAGES}
    assert words in said and len(said) == len(LANGUAGES), "each language has its own words"


@pytest.mark.parametrize("code", Code)
def test_the_command_line_says_it_in_a_line(code, capsys):
    with pytest.raises(Failed) as problem, spoken():
        raise Invalid({"field": code})
    problem.value.show()
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("field: ") and said.err.count("\n") == 1


def test_the_lengths_of_a_password_are_those_that_are_checked():
    words = Form({}, {"password": Code.PASSWORD_LENGTH}).error("password")
    assert [int(word) for word in words.split() if word.isdecimal()] == [*people.PASSWORD]
