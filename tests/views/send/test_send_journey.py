"""From the empty form to the receiver, without a script."""

import pytest

from invocations.models import Account, Invocation
from invocations.sandbox import PRACTICE_SID
from tests.views.conftest import DIGITS, NUMBER
from tests.views.pages import Page, confirm_anyway, form_of, opened, send_form
from tests.views.send.send_page import expected_body, send_and_receive, with_rows

SAMPLE_VALUES = {"1": "User", "2": "1 year", "3": "15% discount"}


def test_sample_1_without_values(priya, plain, posted):
    request = send_and_receive(priya, send_form(priya, plain).fill(recipient=NUMBER), posted)
    assert request.body == expected_body({}, {})
    assert list(request.body) == ["requestId", "input"]
    assert list(request.body["input"]) == ["send1", "send2"]


def test_sample_2_with_values_for_both(priya, plain, posted):
    form = with_rows(priya, send_form(priya, plain), "params", SAMPLE_VALUES).fill(recipient=NUMBER)
    request = send_and_receive(priya, form, posted)
    assert request.body == expected_body(
        {"templateParams": SAMPLE_VALUES}, {"templateParams": SAMPLE_VALUES}
    )
    assert list(request.body["input"]["send1"]["templateParams"]) == ["1", "2", "3"]


def test_sample_3_with_a_code_for_the_first_channel_alone(priya, plain, posted):
    form = send_form(priya, plain)
    del form["same_values"]
    form = form_of(form.press(priya, "params:add-#verification_code#"))
    form.fill({"params-value": "81XXX23", "recipient": NUMBER})
    assert form["params-key"] == "#verification_code#" and "same_values" not in form
    request = send_and_receive(priya, form, posted)
    assert request.body == expected_body({"templateParams": {"#verification_code#": "81XXX23"}}, {})


def test_path_and_headers_are_those_of_the_documentation(priya, plain, posted):
    request = send_and_receive(priya, send_form(priya, plain).fill(recipient=NUMBER), posted)
    workflow = plain.workflow_instance_id
    assert request.path == f"/v1/{PRACTICE_SID}/workflow/v1/instances/{workflow}/invoke"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["api-key"] == "…c0fe"
    assert request.bytes.decode() == Invocation.objects.get().payload
    assert not {"cookie", "authorization", "referer"} & set(request.headers)


def test_what_is_sent_from_the_page_comes_before_a_long_queue(priya, plain):
    Account.objects.update(is_paused=True)
    confirm_anyway(priya, send_form(priya, plain).fill(recipient=NUMBER).press(priya, "review"))
    row = Invocation.objects.get()
    assert (row.status, row.comes_first) == ("queued", True)


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
    form = with_rows(priya, send_form(priya, plain), "params", {"01": value}).fill(recipient=NUMBER)
    request = send_and_receive(priya, form, posted)
    assert request.body["input"]["send2"]["templateParams"] == {"01": value}


def test_each_channel_can_have_its_own_number(priya, plain, posted):
    form = send_form(priya, plain).fill(recipient=NUMBER, recipient2="0044 (0)20 7946-0958")
    del form["same_recipient"]
    request = send_and_receive(priya, form, posted)
    assert [request.body["input"][send]["recipient"] for send in ("send1", "send2")] == [
        DIGITS,
        "442079460958",
    ]


@pytest.mark.parametrize(
    ("typed_number", "sentence"),
    [
        ("", "Enter the customer"),
        ("98765", "Too few digits"),
        ("0987654321", "country code instead of the 0"),
        ("9.19E+11", "spreadsheet"),
        ("91806123458O", "digits 0 to 9"),
        ("918061234581.5", "“.5” at the end"),
        ("918061234581/11", "“/11” may be an extension"),
        ("918061234581 / 918061234582", "more than one number"),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(priya, plain, typed_number, sentence):
    page = Page(send_form(priya, plain).fill(recipient=typed_number).press(priya, "review"))
    assert sentence in page.text("errors") and sentence in page.text("div_id_recipient")
    assert "#div_id_recipient" in page.links and not Invocation.objects.exists()


def test_a_workflow_without_channels_cannot_be_opened(priya, account, make_workflow):
    workflow = make_workflow(None, None)
    assert priya.get(f"/send/{workflow.pk}/").status_code == 404
    assert f"/send/{workflow.pk}/" not in opened(priya, "/send/").links
