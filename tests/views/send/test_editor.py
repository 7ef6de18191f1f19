"""The editor of free values: rows of keys and values, or one JSON object."""

import json

import pytest

from tests.views.conftest import NUMBER
from tests.views.pages import Page, form_of, send_form
from tests.views.send.send_page import send_and_receive, with_rows


def rows_of(form, editor="params"):
    """The pairs of key and value in the editor."""
    if f"{editor}-key" not in form:
        return []
    return list(zip(form.fields[f"{editor}-key"], form.fields[f"{editor}-value"], strict=True))


@pytest.fixture
def three_rows(priya, plain):
    return with_rows(
        priya,
        send_form(priya, plain).fill(recipient=NUMBER),
        "params",
        {"01": "a", "02": "b", "03": "c"},
    )


@pytest.mark.parametrize(
    ("button", "after"),
    [
        ("params:add", [("01", "a"), ("02", "b"), ("03", "c"), ("04", "")]),
        ("params:add-#param_url#", [("01", "a"), ("02", "b"), ("03", "c"), ("#param_url#", "")]),
        ("params:remove-1", [("01", "a"), ("03", "c")]),
        ("params:up-2", [("01", "a"), ("02", "c"), ("03", "b")]),
        ("params:down-0", [("01", "b"), ("02", "a"), ("03", "c")]),
        ("params:number", [("01", "a"), ("02", "b"), ("03", "c")]),
    ],
)
def test_each_button_of_the_editor_changes_the_rows(priya, three_rows, button, after):
    form = form_of(three_rows.press(priya, button))
    assert rows_of(form) == after and form["recipient"] == NUMBER


def test_dragging_moves_values_and_keeps_the_numbering(priya, three_rows):
    three_rows.buttons.append("params:move-2-0")  # static/send.js presses it
    assert rows_of(form_of(three_rows.press(priya, "params:move-2-0"))) == [
        ("01", "c"),
        ("02", "a"),
        ("03", "b"),
    ]


def test_numbering_rewrites_keys_and_never_values(priya, three_rows):
    form = form_of(
        three_rows.fill({"params-key": ["10", "2", "#param_url#"]}).press(priya, "params:number")
    )
    assert rows_of(form) == [("01", "a"), ("02", "b"), ("#param_url#", "c")]


def test_rows_become_json_and_rows_again(priya, three_rows):
    as_json = form_of(three_rows.press(priya, "params:json"))
    assert json.loads(as_json["params-json"]) == {"01": "a", "02": "b", "03": "c"}
    assert "params-key" not in as_json
    assert rows_of(form_of(as_json.press(priya, "params:rows"))) == [
        ("01", "a"),
        ("02", "b"),
        ("03", "c"),
    ]


def test_json_is_sent_as_it_is(priya, plain, posted):
    form = form_of(send_form(priya, plain).press(priya, "params:json")).fill(
        {"params-json": '{"2": "b", "1": "a  “b”"}'}, recipient=NUMBER
    )
    assert send_and_receive(priya, form, posted).body["input"]["send1"]["templateParams"] == {
        "2": "b",
        "1": "a  “b”",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": "1", "a": "2"}', "is there twice"),
        ('{"a": 1}', "is not a text"),
        ('{"a": NaN}', "NaN is not allowed"),
        ('{"a": {"b": "c"}}', "is not a text"),
        ("[]", "one object"),
        ("{no", "This is not JSON: line 1"),
        ('{"a": ""}', "has no value"),
        ('{"#other#": "x"}', "three special keys"),
        ("{" * 5000, "not JSON"),
        ('{"a": "\\ud800"}', "no message can carry"),
        ('{"' + "k" * 70_000 + '": "v"}', "too long"),
    ],
)
def test_json_that_cannot_be_sent_is_refused_and_kept(priya, plain, text, sentence):
    form = form_of(send_form(priya, plain).press(priya, "params:json")).fill(
        {"params-json": text}, recipient=NUMBER
    )
    for button in ("review", "params:rows"):
        page = Page(form.press(priya, button))
        assert sentence in page.text("div_id_params") and page.form("review")["params-json"] == text


@pytest.mark.parametrize(("keys", "sentence"), [(["", "02"], "no key"), (["02", "02"], "twice")])
def test_rows_with_missing_or_repeated_keys_do_not_become_json(priya, plain, keys, sentence):
    form = with_rows(priya, send_form(priya, plain), "params", {"01": "a", "02": "b"}).fill(
        {"params-key": keys}
    )
    page = Page(form.press(priya, "params:json"))
    assert sentence in page.text("div_id_params")
    assert rows_of(page.form("review")) == [(keys[0], "a"), (keys[1], "b")]


def test_every_button_of_the_page_posts_the_form(priya, three_rows):
    assert {
        "review",
        "mine",
        "paste",
        "params:add",
        "params:up-1",
        "params:down-1",
        "params:remove-0",
        "params:json",
    } <= set(three_rows.buttons)
    assert three_rows.method == "post"
    assert "params:up-0" not in three_rows.buttons, "nothing is above the first row"
