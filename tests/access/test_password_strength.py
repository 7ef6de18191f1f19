"""Passwords that would soon be guessed are refused, with what to do."""

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from invocations.access.password_strength import GuessablePassword
from tests.views.pages import words_of


@pytest.mark.parametrize(
    "password",
    [
        *["iloveyou12345", "Password1234!", "aaaaaaaaaaaa", "qwertyuiop[]", "1234567890123"],
        *["meera.meera.1", "fallback-console", "Kaleyra2026!", "meera@example.com"],
    ],
)
def test_a_guessable_password_is_refused(password):
    meera = User(username="meera", email="meera@example.com")
    with pytest.raises(ValidationError):
        validate_password(password, meera)


def test_ones_own_name_makes_a_password_guessable():
    password, own = "Venkataraman 71!q", User(last_name="Venkataraman")
    GuessablePassword().validate(password, User(last_name="Rao"))
    with pytest.raises(ValidationError):  # it has a score of 2
        GuessablePassword().validate(password, own)


@pytest.mark.parametrize(
    "password",
    [
        "violet harbour tandem oxide",
        "xK4-vq9-Lw2-Zt7",
        "this is a very long pass phrase with seventy-two signs and more, so many of them 🌊",
    ],
)
def test_a_good_one_is_taken_however_long(password):
    validate_password(password, User(username="meera"))


def test_who_changes_their_password_reads_what_to_do(priya):
    form = {"old_password": "correct horse battery", "new_password1": "iloveyou12345"}
    answer = priya.post("/password_change/", form | {"new_password2": "iloveyou12345"})
    assert "four or five words" in words_of(answer)


@pytest.mark.parametrize("page", ["add/", "{pk}/password/"])
def test_no_admin_gives_somebody_a_guessable_one(ada, priya, page):
    form = dict.fromkeys(["password1", "password2"], "iloveyou12345") | {"username": "lena"}
    answer = ada.post(f"/auth/user/{page.format(pk=priya.person.pk)}", form)
    assert "four or five words" in words_of(answer)
