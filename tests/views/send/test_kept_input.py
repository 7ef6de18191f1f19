"""Nothing that a person typed is lost by an error, a button or going back."""

import pytest
from django.core import signing

from invocations.forms.submission_token import SALT
from tests.views.pages import Page, form_of, send_form


def fill_all_fields(form):
    """Fills in both numbers, the ticket and the note, and unticks what the channels share."""
    form.fill(recipient="not a number", recipient2="nor this", reference="T-1 <b>", note='a "note"')
    for name in ("same_recipient", "same_values"):
        form.fields.pop(name, None)
    return form


def contents_of(form):
    """The form's fields and its request ID, without the signature, which each page renews."""
    return form.but("intent") | {"id": signing.loads(form["intent"], salt=SALT)[0]}


def test_an_error_keeps_all_that_was_typed(priya, typed):
    form = fill_all_fields(send_form(priya, typed)).fill(
        {"value1-01": "Asha", "value2-03": " x <y> ", "params2-mode": "json", "params2-json": "{no"}
    )
    form.fields.pop("params2-key", None)
    again = form_of(form.press(priya, "review"))
    assert contents_of(again) == contents_of(form)


@pytest.mark.parametrize("button", ["params:add", "params2:add", "params:json", "mine"])
def test_a_button_of_the_form_keeps_all_that_was_typed(priya, plain, button):
    form = fill_all_fields(send_form(priya, plain))
    again = form_of(form.press(priya, button))
    names = {"recipient", "recipient2", "reference", "note"}
    assert {name: again[name] for name in names} == {name: form[name] for name in names}
    assert "same_recipient" not in again and "same_values" not in again


def test_back_and_edit_keeps_all_that_was_typed(priya, typed):
    form = send_form(priya, typed).fill(
        {f"value1-0{n}": f"a{n}" for n in (1, 2, 3)}, recipient="0091 80612-34581", reference="T-1"
    )
    review = Page(form.press(priya, "review"))
    again = form_of(review.form("send").press(priya, "edit"))
    assert contents_of(again) == contents_of(form)


def test_only_the_pasted_text_is_not_kept(priya, plain):
    form = send_form(priya, plain).fill(pasted="curl -H 'api-key: Asecret'", recipient="1")
    assert form_of(form.press(priya, "review"))["pasted"] == ""
