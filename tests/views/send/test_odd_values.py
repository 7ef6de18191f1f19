"""Unseen characters, values that can hardly be meant, and texts that are no places: pages."""

import json

import pytest

from invocations.models import Invocation
from tests.views.conftest import DIGITS, NUMBER
from tests.views.pages import Page, confirm, send_form

CODE = "#verification_code#"
CODE_FIELD = "value1-_23_verification_5f_code_23_"


@pytest.fixture
def passcode(make_workflow):
    text = {"template_text": "Your code is {{1}}", "is_otp": True}
    return make_workflow(text, {"template_text": "Code {#var#}", "is_otp": True})


@pytest.fixture
def delayed(make_workflow):
    return make_workflow("Hello {{ 1 }}, order {{ 2 }} is late.", "Order {#VAR#} is late.")


def test_a_code_is_sent_without_its_unseen_character_and_the_review_says_so(
    priya, passcode, posted
):
    form = send_form(priya, passcode).fill({CODE_FIELD: "48\u200b2913\u200e"}, recipient=NUMBER)
    review = form.press(priya, "review")
    assert "An invisible character was taken out of the code." in Page(review).html
    confirm(priya, review)
    assert posted().body["input"]["send1"]["templateParams"] == {CODE: "482913"}
    assert posted().body["input"]["send2"]["templateParams"] == {CODE: "482913"}


def test_the_preview_says_it_while_typing(priya, passcode):
    form = send_form(priya, passcode).fill({CODE_FIELD: "48\u200b2913"}, recipient=NUMBER)
    html = priya.post(f"/send/{passcode.pk}/preview/", form.fields).content.decode()
    assert "An invisible character was taken out of the code." in html and "2913" not in html


@pytest.mark.parametrize(
    "value", ["\u200b", "\u3164", "\u2800", "\u00ad", "\u200e", "\ufe0f \u00a0"]
)
def test_a_value_of_nothing_is_asked_for_at_its_field(priya, typed, value):
    form = send_form(priya, typed).fill(
        {"value1-01": value, "value1-02": "1 year", "value1-03": "x"}, recipient=NUMBER
    )
    assert Page(form.press(priya, "review")).html.count("Fill this in: the template needs it.") >= 1
    assert not Invocation.objects.exists()


def test_a_key_in_the_free_editor_loses_its_unseen_character_and_it_is_said(priya, plain, posted):
    form = send_form(priya, plain).fill(
        {"params-key": ["\u200b01"], "params-value": ["Asha"], "params-mode": "rows"},
        recipient=NUMBER,
    )
    review = form.press(priya, "review")
    assert "taken out of the key “01”" in Page(review).html
    confirm(priya, review)
    assert posted().body["input"]["send1"]["templateParams"] == {"01": "Asha"}


@pytest.mark.parametrize("keys", [["\u200b01", "01"], ["01", "01\u2060"]])
def test_two_keys_that_become_one_are_refused(priya, plain, keys):
    form = send_form(priya, plain).fill(
        {"params-key": keys, "params-value": ["a", "b"], "params-mode": "rows"}, recipient=NUMBER
    )
    assert "“01” is there twice" in Page(form.press(priya, "review")).html


def test_a_pasted_key_with_an_unseen_character_finds_its_field(priya, typed):
    params = {"\u200b01": "Asha", "02": "1 year", "03\ufeff": "x"}
    body = {"input": {"send1": {"recipient": DIGITS, "templateParams": params}}}
    page = Page(send_form(priya, typed).fill(pasted=json.dumps(body)).press(priya, "paste"))
    form = page.form("review")
    assert [form[f"value1-0{n}"] for n in (1, 2, 3)] == ["Asha", "1 year", "x"]
    assert "taken out of the key “01”" in page.html and "taken out of the key “03”" in page.html


def test_the_review_names_the_value_that_can_hardly_be_meant(priya, typed):
    form = send_form(priya, typed).fill(
        {"value1-01": "{{name}}", "value1-02": "#N/A", "value1-03": "x"}, recipient=NUMBER
    )
    html = Page(form.press(priya, "review")).html
    doubt = "First name, WhatsApp and SMS: Is this right? It has a place that was not filled in."
    assert html.count(doubt) == 1
    assert (
        "For how long, WhatsApp and SMS: Is this right? It is the error of a spreadsheet." in html
    )


def test_what_is_no_place_is_not_promised(priya, delayed):
    page = Page(send_form(priya, delayed).fill(recipient=NUMBER).press(priya, "review"))
    assert "The customer reads “{{ 1 }}”, “{{ 2 }}” exactly like this" in page.html
    assert "are sent as written: they are not places for values." in page.html
    assert "is sent as written: it is not a place for a value." in page.html
    compose = Page(priya.get(f"/send/{delayed.pk}/")).html
    assert "The text takes no values." not in compose
    assert '<mark class="literal">{{ 1 }}' in compose


def test_an_honest_text_without_places_takes_no_values(priya, make_workflow):
    flow = make_workflow("We are closed today.", "We are closed today.")
    html = Page(priya.get(f"/send/{flow.pk}/")).html
    assert "The text takes no values." in html and "as written" not in html
