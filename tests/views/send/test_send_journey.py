"""From the empty form to the receiver, without a script."""

import json

import pytest
from django.core import signing

from invocations.forms.submission_token import SALT
from invocations.models import Invocation
from invocations.sandbox import PRACTICE_SID
from tests.views.conftest import DIGITS, NUMBER
from tests.views.pages import Page, confirm, form_of, opened, send_form

SAMPLE_VALUES = {"1": "User", "2": "1 year", "3": "15% discount"}


def filled_rows(client, form, editor, values):
    """Adds one row after the other by the editor's button and fills them all."""
    for _value in values:
        form = form_of(form.press(client, f"{editor}:add"))
    return form.fill({f"{editor}-key": list(values), f"{editor}-value": list(values.values())})


# --- the seed's samples -----------------------------------------------------------------------------------------------


def sent(client, form, posted, count=1):
    answer = confirm(client, form.press(client, "review"))
    assert answer.status_code == 302
    found = posted(count)
    return found


def expected(found, first, second):
    row = Invocation.objects.get()
    return {
        "requestId": str(row.request_id),
        "input": {
            "send1": {"recipient": DIGITS, **first},
            "send2": {"recipient": DIGITS, **second},
        },
    }


def test_sample_1_without_values(priya, plain, posted):
    found = sent(priya, send_form(priya, plain).fill(recipient=NUMBER), posted)
    assert found.body == expected(found, {}, {})
    assert list(found.body) == ["requestId", "input"] and list(found.body["input"]) == [
        "send1",
        "send2",
    ]


def test_sample_2_with_values_for_both(priya, plain, posted):
    form = filled_rows(priya, send_form(priya, plain), "params", SAMPLE_VALUES).fill(
        recipient=NUMBER
    )
    found = sent(priya, form, posted)
    assert found.body == expected(
        found, {"templateParams": SAMPLE_VALUES}, {"templateParams": SAMPLE_VALUES}
    )
    assert list(found.body["input"]["send1"]["templateParams"]) == ["1", "2", "3"]


def test_sample_3_with_a_code_for_the_first_channel_alone(priya, plain, posted):
    form = send_form(priya, plain)
    del form["same_values"]
    form = form_of(form.press(priya, "params:add-#verification_code#"))
    form.fill({"params-value": "81XXX23", "recipient": NUMBER})
    assert form["params-key"] == "#verification_code#" and "same_values" not in form
    found = sent(priya, form, posted)
    assert found.body == expected(found, {"templateParams": {"#verification_code#": "81XXX23"}}, {})


def test_path_and_headers_are_those_of_the_documentation(priya, plain, posted):
    found = sent(priya, send_form(priya, plain).fill(recipient=NUMBER), posted)
    assert (
        found.path
        == f"/v1/{PRACTICE_SID}/workflow/v1/instances/{plain.workflow_instance_id}/invoke"
    )
    assert (
        found.headers["content-type"] == "application/json" and found.headers["api-key"] == "…c0fe"
    )
    assert (
        found.bytes.decode() == Invocation.objects.get().payload
    )  # the stored bytes are what left
    assert not {"cookie", "authorization", "referer"} & set(found.headers)


@pytest.mark.parametrize(
    "value",
    [
        'quote " and \\',
        "emoji 👍🏽 and ‏עברית",
        "$HOME `id` {{1}} {#var#}",
        "<b>&amp;</b>",
        "a" * 10_000,
        "{0.__class__}%s",
    ],
)
def test_values_arrive_as_they_were_typed(priya, plain, posted, value):
    form = filled_rows(priya, send_form(priya, plain), "params", {"01": value}).fill(
        recipient=NUMBER
    )
    found = sent(priya, form, posted)
    assert found.body["input"]["send2"]["templateParams"] == {"01": value}


# --- typed fields -----------------------------------------------------------------------------------------------------


def test_the_form_asks_by_the_admins_labels_and_makes_the_keys(priya, typed, posted):
    page = opened(priya, f"/send/{typed.pk}/")
    assert "First name" in page.html and "For how long" in page.html
    form = page.form("review").fill(
        {"recipient": NUMBER, "value1-01": "Asha", "value1-02": "1 year", "value1-03": "15%"}
    )
    values = {"templateParams": {"01": "Asha", "02": "1 year", "03": "15%"}}
    found = sent(priya, form, posted)
    assert found.body == expected(found, values, values)


def test_ten_and_more_values_keep_their_places(priya, make_workflow, posted):
    workflow = make_workflow(" ".join(f"{{{{{n}}}}}" for n in range(1, 13)), None)
    form = send_form(priya, workflow).fill(
        {f"value1-{n:02}": f"v{n}" for n in range(1, 13)}, recipient=NUMBER
    )
    found = sent(priya, form, posted)
    assert list(found.body["input"]["send1"]["templateParams"].items()) == [
        (f"{n:02}", f"v{n}") for n in range(1, 13)
    ]


def test_each_channel_gets_what_its_text_asks_for_and_no_more(priya, make_workflow, posted):
    workflow = make_workflow(
        {"template_text": "Hi {{name}}", "button_url": "https://x.example/{{1}}"}, "{name}: {code}"
    )
    form = send_form(priya, workflow).fill(
        {"value1-name": "Asha", "value1-_23_param_5f_url_23_": "a1", "value2-code": "77"},
        recipient=NUMBER,
    )
    found = sent(priya, form, posted)
    assert found.body == expected(
        found,
        {"templateParams": {"name": "Asha", "#param_url#": "a1"}},
        {"templateParams": {"name": "Asha", "code": "77"}},
    )


def test_a_text_that_takes_no_values_gets_none(priya, make_workflow, posted):
    form = send_form(priya, make_workflow("Hi {{1}}", "Your order is on its way.")).fill(
        {"recipient": NUMBER, "value1-01": "Asha"}
    )
    found = sent(priya, form, posted)
    assert found.body == expected(found, {"templateParams": {"01": "Asha"}}, {})


def test_what_the_second_channel_needs_must_be_there_though_the_first_can_do_without(
    priya, make_workflow
):
    words = [
        {"key": "name", "required": False, "position": 1},
        {"key": "name", "required": True, "position": 2},
    ]
    workflow = make_workflow("Hi {{name}}", "Dear {name}", words=words)
    answer = send_form(priya, workflow).fill(recipient=NUMBER).press(priya, "review")
    assert "Fill this in" in answer.content.decode() and not Invocation.objects.exists()


def test_own_values_for_the_second_channel(priya, typed, posted):
    form = send_form(priya, typed).fill(
        {f"value1-0{n}": f"a{n}" for n in (1, 2, 3)}, recipient=NUMBER
    )
    del form["same_values"]
    form.fill({f"value2-0{n}": f"b{n}" for n in (1, 2, 3)})
    found = sent(priya, form, posted)
    assert found.body["input"]["send2"]["templateParams"] == {"01": "b1", "02": "b2", "03": "b3"}


def test_two_numbers(priya, plain, posted):
    form = send_form(priya, plain).fill(recipient=NUMBER, recipient2="0044 (0)20 7946-0958")
    del form["same_recipient"]
    found = sent(priya, form, posted)
    assert [found.body["input"][send]["recipient"] for send in ("send1", "send2")] == [
        DIGITS,
        "442079460958",
    ]


def test_a_free_key_that_a_field_has_already_is_refused(priya, make_workflow):
    workflow = make_workflow("Hi {{name}}", "{name} {code}")
    form = form_of(send_form(priya, workflow).press(priya, "params:add"))
    form.fill(
        {
            "recipient": NUMBER,
            "value1-name": "Asha",
            "value2-code": "77",
            "params-key": "code",
            "params-value": "99",
        }
    )
    answer = form.press(priya, "review")
    assert (
        "stands above already" in answer.content.decode()
    )  # else the field's 77 would have gone out as 99


def test_a_leftover_of_the_second_channel_is_no_obstacle_while_values_are_shared(
    priya, typed, posted
):
    form = send_form(priya, typed).fill(
        {f"value1-0{n}": f"a{n}" for n in (1, 2, 3)}, recipient=NUMBER
    )
    form.fill({"params2-key": "01", "params2-value": "left"})
    found = sent(priya, form, posted)
    assert found.body["input"]["send2"]["templateParams"] == {"01": "a1", "02": "a2", "03": "a3"}


def test_a_workflow_without_channels_cannot_be_opened(priya, account, make_workflow):
    workflow = make_workflow(None, None)
    assert priya.get(f"/send/{workflow.pk}/").status_code == 404
    assert f"/send/{workflow.pk}/" not in opened(priya, "/send/").links


# --- nothing typed is lost --------------------------------------------------------------------------------------------


def everything(form):
    form.fill(recipient="not a number", recipient2="nor this", reference="T-1 <b>", note='a "note"')
    for name in ("same_recipient", "same_values"):
        form.fields.pop(name, None)
    return form


def kept(form):
    """What stands in the form, and the id that it carries: its signature is as new as the page."""
    return form.but("intent") | {"id": signing.loads(form["intent"], salt=SALT)[0]}


def test_an_error_keeps_all_that_was_typed(priya, typed):
    form = everything(send_form(priya, typed)).fill(
        {"value1-01": "Asha", "value2-03": " x <y> ", "params2-mode": "json", "params2-json": "{no"}
    )
    form.fields.pop("params2-key", None)
    again = form_of(form.press(priya, "review"))
    assert kept(again) == kept(form)


@pytest.mark.parametrize("button", ["params:add", "params2:add", "params:json", "mine"])
def test_a_button_of_the_form_keeps_all_that_was_typed(priya, plain, button):
    form = everything(send_form(priya, plain))
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
    assert kept(again) == kept(form)


def test_the_pasted_text_is_the_only_thing_that_a_form_forgets(priya, plain):
    form = send_form(priya, plain).fill(pasted="curl -H 'api-key: Asecret'", recipient="1")
    assert form_of(form.press(priya, "review"))["pasted"] == ""


@pytest.mark.parametrize(
    ("typed_number", "sentence"),
    [
        ("", "Enter the customer"),
        ("98765", "Too few digits"),
        ("0987654321", "country code instead of the 0"),
        ("9.19E+11", "spreadsheet"),
        ("٩١٨٠٦١٢٣٤٥٨١", "digits 0 to 9"),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(priya, plain, typed_number, sentence):
    page = Page(send_form(priya, plain).fill(recipient=typed_number).press(priya, "review"))
    assert sentence in page.text("errors") and sentence in page.text("div_id_recipient")
    assert "#div_id_recipient" in page.links and not Invocation.objects.exists()


# --- the editor -------------------------------------------------------------------------------------------------------


def rows(form, editor="params"):
    if f"{editor}-key" not in form:
        return []
    return list(zip(form.fields[f"{editor}-key"], form.fields[f"{editor}-value"], strict=True))


@pytest.fixture
def three(priya, plain):
    return filled_rows(
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
def test_the_editors_buttons(priya, three, button, after):
    form = form_of(three.press(priya, button))
    assert rows(form) == after and form["recipient"] == NUMBER


def test_dragging_moves_the_values_through_the_numbers(priya, three):
    three.buttons.append("params:move-2-0")  # static/send.js presses it
    assert rows(form_of(three.press(priya, "params:move-2-0"))) == [
        ("01", "c"),
        ("02", "a"),
        ("03", "b"),
    ]


def test_numbering_rewrites_keys_and_never_values(priya, three):
    form = form_of(
        three.fill({"params-key": ["10", "2", "#param_url#"]}).press(priya, "params:number")
    )
    assert rows(form) == [("01", "a"), ("02", "b"), ("#param_url#", "c")]


def test_json_and_back(priya, three):
    as_json = form_of(three.press(priya, "params:json"))
    assert (
        json.loads(as_json["params-json"]) == {"01": "a", "02": "b", "03": "c"}
        and "params-key" not in as_json
    )
    assert rows(form_of(as_json.press(priya, "params:rows"))) == [
        ("01", "a"),
        ("02", "b"),
        ("03", "c"),
    ]


def test_json_is_sent_as_it_stands(priya, plain, posted):
    form = form_of(send_form(priya, plain).press(priya, "params:json")).fill(
        {"params-json": '{"2": "b", "1": "a\\nb"}'}, recipient=NUMBER
    )
    assert sent(priya, form, posted).body["input"]["send1"]["templateParams"] == {
        "2": "b",
        "1": "a\nb",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": "1", "a": "2"}', "stands there twice"),
        ('{"a": 1}', "is not a text"),
        ('{"a": NaN}', "NaN is not allowed"),
        ('{"a": {"b": "c"}}', "is not a text"),
        ("[]", "one object"),
        ("{no", "This is no JSON: line 1"),
        ('{"a": ""}', "has no value"),
        ('{"#other#": "x"}', "three special keys"),
        ("{" * 5000, "no JSON"),
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


def test_a_line_break_stays_in_the_json_for_a_row_would_lose_it(priya, plain):
    form = form_of(send_form(priya, plain).press(priya, "params:json")).fill(
        {"params-json": '{"01": "a\\nb"}'}
    )
    page = Page(form.press(priya, "params:rows"))
    assert (
        "line break" in page.text("div_id_params")
        and page.form("review")["params-json"] == '{"01": "a\\nb"}'
    )


@pytest.mark.parametrize(("keys", "sentence"), [(["", "02"], "no key"), (["02", "02"], "twice")])
def test_rows_that_json_cannot_hold_stay_rows(priya, plain, keys, sentence):
    form = filled_rows(priya, send_form(priya, plain), "params", {"01": "a", "02": "b"}).fill(
        {"params-key": keys}
    )
    page = Page(form.press(priya, "params:json"))
    assert sentence in page.text("div_id_params") and rows(page.form("review")) == [
        (keys[0], "a"),
        (keys[1], "b"),
    ]


def test_every_button_of_the_page_is_one_that_posts_a_form(priya, three):
    assert {
        "review",
        "mine",
        "paste",
        "params:add",
        "params:up-1",
        "params:down-1",
        "params:remove-0",
        "params:json",
    } <= set(three.buttons)
    assert (
        three.method == "post" and "params:up-0" not in three.buttons
    )  # nothing is above the first
