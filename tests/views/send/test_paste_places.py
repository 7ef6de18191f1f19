"""Whatever a paste holds is placed, or named as not placed."""

import json

import pytest

from tests.kaleyra.pasted_samples import WITH_PARAMS, WITH_SPECIAL_PARAMS, WITHOUT_PARAMS
from tests.views.conftest import DIGITS, NUMBER
from tests.views.pages import Page, confirm_anyway, form_of, send_form

THREE = {"1": "User", "2": "1 year", "3": "15% discount"}
FIELDS = {"value1-01": "User", "value1-02": "1 year", "value1-03": "15% discount"}


def paste(client, workflow, text, **fields):
    text = text if isinstance(text, str) else json.dumps(text)
    return Page(send_form(client, workflow).fill(fields, pasted=text).press(client, "paste"))


def body(*sends, **more):
    return {"input": {f"send{n}": send for n, send in enumerate(sends, 1)}, **more}


def send(params, recipient=DIGITS):
    return {"recipient": recipient, "templateParams": params}


def filled(page, names=FIELDS):
    form = page.form("review")
    return {name: form[name] for name in names}


def test_the_seeds_sample_fills_the_three_fields(priya, typed):
    page = paste(priya, typed, WITH_PARAMS)
    assert filled(page) == FIELDS
    assert "same_values" in page.form("review") and "same_recipient" in page.form("review")
    assert "Its keys “1”, “2”, “3” fill the places “01”, “02”, “03”." in page.html
    assert "params-key" not in page.form("review")


def test_the_sample_with_a_real_number_can_be_sent_at_once(priya, typed, posted):
    page = paste(priya, typed, WITH_PARAMS.replace("91806XXXXX81", DIGITS))
    confirm_anyway(priya, page.form("review").press(priya, "review"))
    values = {"01": "User", "02": "1 year", "03": "15% discount"}
    assert [each["templateParams"] for each in posted().body["input"].values()] == [values] * 2


def test_values_alone_fill_both_channels(priya, make_workflow):
    workflow = make_workflow("Hello {{1}}, {{2}}", "{OTP} for {{name}}")
    page = paste(priya, workflow, {"1": "a", "2": "b", "OTP": "123", "name": "Asha"})
    names = ["value1-01", "value1-02", "value2-OTP", "value2-name"]
    assert list(filled(page, names).values()) == ["a", "b", "123", "Asha"]
    assert "has no place" not in page.html


@pytest.mark.parametrize("name", ["template_Params", "templateparams", "TEMPLATE_PARAMS", "params"])
def test_template_params_in_another_spelling_fill_the_fields(priya, typed, name):
    assert filled(paste(priya, typed, body({"To": DIGITS, name: THREE}))) == FIELDS


def test_different_values_stay_with_their_channels(priya, typed):
    page = paste(priya, typed, body(send(THREE), send(THREE | {"2": "2 years"}, "919876543210")))
    form = page.form("review")
    assert "same_values" not in form and form["value2-02"] == "2 years"
    assert (form["value1-02"], form["recipient2"]) == ("1 year", "+91 98765 43210")


def test_more_and_fewer_values_than_places_are_named(priya, typed):
    page = paste(priya, typed, body(send(THREE | {"4": "x", "other": "y"})))
    assert "WhatsApp has no place for “4”, “other”" in page.html
    assert page.form("review")["params-key"] == ["4", "other"]
    page = paste(priya, typed, body(send({"1": "User"})))
    assert "It has no value for “For how long”, “Offer”. Fill it in." in page.html


def test_what_stood_in_a_field_before_stays_and_is_named(priya, typed):
    page = paste(priya, typed, body(send({"1": "User"})), **{"value1-02": "kept"})
    assert filled(page)["value1-02"] == "kept"
    assert "It has no value for “For how long”. What was there stays." in page.html


def test_keys_that_sort_otherwise_than_they_count_are_named(priya, make_workflow):
    workflow = make_workflow(" ".join(f"{{{{{n}}}}}" for n in range(1, 12)), None)
    page = paste(priya, workflow, {str(n): f"v{n}" for n in range(1, 12)})
    assert page.form("review")["value1-02"] == "v10"
    assert "Kaleyra sorts keys as text, so “10” fills the place 02." in page.html


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (body(send(THREE), send(THREE), send(THREE)), "2 channels. Left out: “send3”."),
        (body(send(THREE), flow="x"), "the form has no place for it: “flow”."),
        (body(send(THREE) | {"media": "u"}), "no place for it: “send1.media”."),
        (body(send(THREE) | {"to": "91"}), "no place for it: “send1.to”."),
        (body(send(THREE)), "It has no send2: SMS takes the same number"),
        ({"send2": send(THREE)}, "It has no send1"),
        (body(send(THREE), {"templateParams": THREE}), "send2 has no number"),
        (body(send(THREE), requestId="e574"), "Its request ID was left out"),
        (f"For 9812345 {json.dumps(body(send(THREE)))}", "not the text around it"),
        (f'{json.dumps(body(send(THREE)))} {{"a": "b"}}', "There was other JSON in it"),
        (json.dumps({"<b>" * 50: 1} | body(send(THREE))), "&lt;b&gt;"),
    ],
)
def test_what_is_not_placed_is_named(priya, typed, text, sentence):
    assert sentence in paste(priya, typed, text).html


def test_a_second_send_alone_fills_the_second_channel(priya, typed):
    page = paste(priya, typed, {"send2": send(THREE)}, recipient=NUMBER, **{"value1-01": "kept"})
    form = page.form("review")
    assert (form["recipient"], form["recipient2"], form["value1-01"]) == (NUMBER, NUMBER, "kept")
    assert form["value2-03"] == "15% discount"
    assert "same_recipient" not in form and "same_values" not in form


def test_a_pasted_code_goes_into_its_field_and_into_no_other(priya, make_workflow, plain):
    otp = {"template_text": "{{1}} is your code", "is_otp": True}
    workflow = make_workflow(otp, None, title="Code")
    page = paste(priya, workflow, WITH_SPECIAL_PARAMS)
    assert page.form("review")["value1-_23_verification_5f_code_23_"] == "81XXX23"
    page = paste(priya, plain, WITH_SPECIAL_PARAMS)
    assert "Not filled in, because free keys would show hidden values: “#verification_code#”" in (
        page.html
    )
    assert "81XXX23" not in page.html


def test_a_body_without_values_says_what_is_missing(priya, typed):
    page = paste(priya, typed, WITHOUT_PARAMS)
    assert "It has no value for “First name”, “For how long”, “Offer”." in page.html


def test_an_earlier_message_without_texts_fills_the_fields_that_came_later(priya, plain, posted):
    form = send_form(priya, plain).fill(recipient=NUMBER, pasted=json.dumps(THREE))
    form = form_of(form.press(priya, "paste"))
    confirm_anyway(priya, form.press(priya, "review"))
    posted()
    plain.channels.update(template_text="{{1}} {{2}} {{3}}")
    sent = plain.invocations.get()
    assert filled(Page(priya.get(f"/send/{plain.pk}/?like={sent.request_id}"))) == FIELDS
