"""A line break in a value becomes a blank, and the page says so until the message is sent."""

import json
import uuid

import pytest

from invocations.kaleyra.payload import Send
from invocations.models import Invocation, Preset
from invocations.sending.record import record
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm_anyway, form_of, send_form

SAID = "A line break or a tab became a space in: First name."
TYPED = {"value1-01": "12 Main St\r\nPune", "value1-02": "b", "value1-03": "c"}
PASTED = json.dumps({"1": "12 Main St\nPune", "2": "b\n", "3": "c"})


def pasted(client, workflow, text=PASTED):
    form = send_form(client, workflow).fill(recipient=NUMBER, pasted=text)
    return form.press(client, "paste")


def test_a_pasted_one_is_said_at_once_on_the_review_and_after_going_back(priya, typed, posted):
    page = Page(pasted(priya, typed))
    assert page.form("review")["value1-01"] == "12 Main St Pune" and page.html.count(SAID) == 1
    review = Page(page.form("review").press(priya, "review"))
    assert review.html.count(SAID) == 1 and "12 Main St Pune" in review.text("json")
    back = Page(review.form("send").press(priya, "edit"))
    assert back.html.count(SAID) == 1
    again = back.form("review").press(priya, "review")
    assert SAID in Page(again).html
    confirm_anyway(priya, again)
    for send in posted().body["input"].values():
        assert send["templateParams"] == {"01": "12 Main St Pune", "02": "b", "03": "c"}


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\t", "\v", "\x85", "\u2028", "\u2029"])
def test_one_that_is_posted_into_a_field_is_said_on_the_review(priya, typed, line_break):
    form = send_form(priya, typed).fill(TYPED, recipient=NUMBER)
    form["value1-01"] = f"12 Main St{line_break}Pune"
    review = Page(form.press(priya, "review"))
    assert SAID in review.html and "12 Main St Pune" in review.text("json")
    back = form_of(review.form("send").press(priya, "edit"))
    assert back["value1-01"] == "12 Main St Pune"
    assert SAID in Page(back.press(priya, "review")).html


def test_the_preview_says_it_and_shows_the_blank(priya, typed):
    form = send_form(priya, typed).fill(TYPED, recipient=NUMBER)
    html = priya.post(f"/send/{typed.pk}/preview/", form.fields).content.decode()
    assert SAID in html and "12 Main St Pune" in html


@pytest.mark.parametrize("editor", ["params", "params2"])
def test_one_in_the_free_editor_is_said_on_the_review(priya, plain, editor):
    form = send_form(priya, plain).fill(recipient=NUMBER)
    if editor == "params2":
        del form.fields["same_values"]
    form = form_of(form.press(priya, f"{editor}:json")).fill({f"{editor}-json": '{"01": "a\\nb"}'})
    for again in (form, form_of(form.press(priya, f"{editor}:rows"))):
        review = Page(again.press(priya, "review"))
        assert "became a space in: 01." in review.html and '"01": "a b"' in review.text("json")
    assert again[f"{editor}-value"] == "a b"


def test_a_pasted_one_without_a_field_goes_into_a_row(priya, plain):
    form = form_of(pasted(priya, plain, '{"01": "a\\nb"}'))
    assert (form["params-key"], form["params-value"]) == ("01", "a b")
    assert "became a space in: 01." in Page(form.press(priya, "review")).html


def test_one_in_a_preset_or_a_message_of_before_is_said(priya, typed):
    values = [{"01": "12 Main St\nPune", "02": "b", "03": "c"}] * 2
    preset = Preset(workflow_instance=typed, owner=None, title="Old", values=json.dumps(values))
    preset.save()
    page = Page(priya.get(f"/send/{typed.pk}/?preset={preset.pk}"))
    assert page.form("review")["value1-01"] == "12 Main St Pune" and SAID in page.html


def test_a_preset_is_kept_with_the_blank(priya, typed):
    review = Page(form_of(pasted(priya, typed)).press(priya, "review"))
    review.form("save-preset").fill(preset_title="Kept").press(priya, "save-preset")
    assert json.loads(Preset.objects.get().values)[0]["01"] == "12 Main St Pune"


def test_nothing_is_said_of_a_name_that_the_form_does_not_have(priya, typed):
    form = send_form(priya, typed).fill(TYPED, recipient=NUMBER)
    form["value1-01"], form.fields["one_line"] = "Asha", ["value1-99", "<b>"]
    assert "became a space" not in Page(form.press(priya, "review")).html


def test_a_value_of_line_breaks_alone_is_no_value(priya, typed):
    form = send_form(priya, typed).fill(TYPED, recipient=NUMBER).fill({"value1-01": "\n\u2028"})
    assert "Fill this in" in Page(form.press(priya, "review")).text("errors")


def test_a_stored_message_with_one_is_sent_again_only_after_a_look(
    priya, workflow, recorded, monkeypatch
):
    with monkeypatch.context() as before:  # as the version before recorded it
        before.setattr("invocations.sending.record.sends_in_one_line", list)
        sends = [Send("919876543400", {"01": "a\nb"})] * 2
        old, _ = record(workflow, sends, request_id=uuid.uuid4(), created_by=priya.person)
    Invocation.objects.filter(pk=old.pk).update(status="rejected", due_at=None)
    ticked = {"action": "again", "ids": [str(old.request_id), str(recorded().request_id)]}
    html = priya.post("/history/ticked/", ticked).content.decode()
    assert "A line break in its values becomes a space now." in html
    page = Page(priya.get(f"/send/{workflow.pk}/?again={old.request_id}"))
    assert page.form("review")["value1-01"] == "a b" and "became a space in: 01." in page.html
