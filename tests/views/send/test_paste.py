"""A curl line or a JSON body fills the form; a key in it goes nowhere."""

import json
import logging

import pytest
from django.core.management import call_command

from invocations.models import BrowserSession
from tests.views.conftest import DIGITS, NUMBER
from tests.views.pages import Page, form_of, send_form

KEY = "AKEYCANARY0123456789abcdef0123456789"
VALUES = '{"01" : "User", "02" : "1 year", "03" : "15% discount"}'
SAMPLE = f"""curl -X POST --location https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/WORKFLOW/invoke
--header "Content-Type: application/json"
--header "api-key: {KEY}"
--data '{{"requestId" : "e5740000-ef19-11ef-b02c-833ea0000f1d", "input" : {{
"send1" : {{"recipient" : "918061234581", "templateParams": {VALUES}}},
"send2" : {{"recipient" : "918061234581", "templateParams": {VALUES}}}}}}}'"""


def paste(client, workflow, text, **fields):
    return send_form(client, workflow).fill(fields, pasted=text).press(client, "paste")


def test_a_curl_line_fills_the_form_and_its_key_is_nowhere(priya, typed, caplog):
    caplog.set_level(logging.DEBUG)
    answer = paste(priya, typed, SAMPLE)
    page = Page(answer)
    form = page.form("review")
    assert form["recipient"] == NUMBER
    assert [form[f"value1-0{n}"] for n in (1, 2, 3)] == ["User", "1 year", "15% discount"]
    assert "same_recipient" in form and "same_values" in form and form["pasted"] == ""
    for told in ["It was thrown away", "another workflow", "Its request ID was left out"]:
        assert told in page.html
    sessions = [session.get_decoded() for session in BrowserSession.objects.all()]
    seen = [
        page.html,
        str(answer.headers),
        str(priya.cookies),
        str(sessions),
        caplog.text,
        form["intent"],
    ]
    assert not [where for where in seen if KEY in where or KEY[:12] in where]
    assert "e5740000" not in page.html


def test_the_key_is_in_no_table(priya, typed, capsys):
    paste(priya, typed, SAMPLE)
    paste(priya, typed, "curl -H 'api-key: " + KEY)  # a quote without its end
    call_command("dumpdata", "sessions", "admin", "auth")
    assert KEY not in capsys.readouterr().out


def test_no_notice_where_nothing_was_thrown_away(priya, typed):
    body = json.dumps({"input": {"send1": {"recipient": DIGITS, "templateParams": {"01": "User"}}}})
    html = paste(
        priya,
        typed,
        SAMPLE.replace("WORKFLOW", typed.workflow_instance_id).replace(KEY, "$KALEYRA_API_KEY"),
    ).content.decode()
    assert "It was thrown away" not in html and "another workflow" not in html
    assert "request ID was left out" not in paste(priya, typed, body).content.decode()


def test_different_numbers_and_values_stay_with_their_channels(priya, plain):
    body = {
        "send1": {"recipient": DIGITS, "templateParams": {"#verification_code#": "1"}},
        "send2": {"recipient": "442079460958"},
    }
    form = form_of(paste(priya, plain, json.dumps({"input": body})))
    assert "same_recipient" not in form
    assert "same_values" not in form
    assert form["recipient2"] == "+44 20 7946 0958"
    assert (
        form["params-key"] == "#verification_code#" and form["params-value"] == ""
    )  # a code is used once


def test_a_second_channel_that_the_workflow_lacks_is_left_out_and_told(priya, make_workflow):
    workflow = make_workflow("Hi {{1}}", None)
    page = Page(paste(priya, workflow, SAMPLE))
    assert "The second was left out" in page.html and page.form("review")["value1-01"] == "User"


def test_values_that_the_text_does_not_ask_for_go_to_the_free_keys(priya, typed):
    page = Page(paste(priya, typed, '{"01": "User", "other": "<x>"}', recipient=NUMBER))
    form = page.form("review")
    assert (form["value1-01"], form["params-key"], form["params-value"], form["recipient"]) == (
        "User",
        "other",
        "<x>",
        NUMBER,
    )


def test_a_number_that_cannot_be_read_is_shown_as_it_was(priya, plain):
    assert (
        form_of(paste(priya, plain, '{"input": {"send1": {"recipient": "<91806XXXXX81>"}}}'))[
            "recipient"
        ]
        == "<91806XXXXX81>"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Nothing was pasted"),
        ("hello", "text without JSON"),
        ("a\tb\nc\td", "table without JSON"),
        ("curl -X POST https://x", "no body"),
        ('{"a": "b"} {"c": "d"}', "There are 2 JSON bodies"),
        ('{"input": {\n"send1": {', "cut off: it ends in line 2"),
        ('{"requestId": "x", "success": true, "status": 202}', "Kaleyra’s answer"),
        ("{no", "not JSON: line 1"),
        ("curl https://x -d @file", "is in a file"),
        ("curl https://x -d '{}' -d '{}'", "more than one body"),
        ('{"a": "1", "a": "2"}', "is twice"),
        ('{"a": 1}', "is not a text"),
        ('{"input": {"send1": []}}', "is not an object"),
        ('{"requestId": "x"}', "no send1"),
        ("x" * 70_000, "too long"),
        ('{"a": "\\ud83d"}', "no message can carry"),
        ('{"input": {"send1": {"recipient": "\\ud83d"}}}', "no message can carry"),
        ('{"\\ud83d<b>": 1}', "?&lt;b&gt;"),
        ("{" * 3000, "no"),
    ],
)
def test_what_cannot_be_read_is_told_and_loses_nothing(priya, plain, text, sentence):
    page = Page(paste(priya, plain, text, recipient="+91 80612-34581", reference="T-1"))
    assert page.status == 200 and sentence in page.html
    assert page.form("review")["recipient"] == "+91 80612-34581"
    assert page.form("review")["reference"] == "T-1"
    assert priya.get("/").status_code == 200


def test_the_box_stays_open_where_nothing_could_be_read_and_only_there(priya, typed):
    html = paste(priya, typed, "hello").content.decode()
    assert 'id="developers" open' in html and "Nothing was filled in." in html
    html = paste(priya, typed, SAMPLE).content.decode()
    assert 'id="developers">' in html and "Nothing was filled in." not in html
