"""A value that several places ask for: typed once, changeable in each, sent as it always was."""

import pytest

from invocations.models import Invocation
from invocations.models.invocations import sends_in
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm_anyway, opened, send_form
from tests.views.send.send_page import send_and_receive

HEADER, LINK = "value1-_23_param_5f_header_23_", "value1-_23_param_5f_url_23_"
ORDER = "Order number"


@pytest.fixture
def flow(make_workflow):
    """The order number stands in text, header and link of the WhatsApp message, and in the SMS."""
    words = [
        {"key": "01", "label": "First name"},
        {"key": "02", "label": ORDER},
        {"key": "#param_header#", "label": ORDER, "position": 1},
        {"key": "#param_url#", "label": ORDER, "position": 1},
    ]
    first = {
        "template_text": "Hello {{1}}, order {{2}}",
        "header_text": "Order {{1}}",
        "button_url": "https://x.example/{{1}}",
    }
    return make_workflow(first, "{#var#}: {#var#}", words=words)


@pytest.fixture
def form(priya, flow):
    values = {"value1-01": "Asha", "value1-02": "KF-1"}
    return send_form(priya, flow).fill(values, recipient=NUMBER)


def sent(priya, form, posted):
    body = send_and_receive(priya, form, posted).body["input"]
    return [body[name]["templateParams"] for name in ("send1", "send2")]


def test_it_goes_into_every_place_in_the_order_of_each_channel(priya, form, posted):
    first, second = sent(priya, form, posted)
    assert list(first.items()) == [
        ("01", "Asha"),
        ("02", "KF-1"),
        ("#param_header#", "KF-1"),
        ("#param_url#", "KF-1"),
    ]
    assert list(second.items()) == [("01", "Asha"), ("02", "KF-1")]


def test_the_page_asks_once_and_says_where_it_stands(priya, flow):
    page = opened(priya, f"/send/{flow.pk}/")
    what = page.text("what")
    assert "2 values, each typed once" in what
    uses = page.text("div_id_value1-02").split()
    assert uses == ["Order", "number", "in", "WhatsApp", "its", "header", "its", "link", "SMS"]
    assert "Different for the SMS, header or link" in what and "nothing is different" in what
    assert 'placeholder="same as Order number"' in page.html
    assert 'id="different">' in page.html, "closed"


def test_one_place_can_be_different(priya, form, posted):
    first, second = sent(priya, form.fill({LINK: "kf-1"}), posted)
    assert (first["#param_header#"], first["#param_url#"]) == ("KF-1", "kf-1")
    assert second["02"] == "KF-1"


def test_a_place_of_the_sms_can_be_different_and_the_others_follow(priya, form, posted):
    del form["same_values"]
    first, second = sent(priya, form.fill({"value2-02": "1"}), posted)
    assert first["02"] == "KF-1" and second == {"01": "Asha", "02": "1"}


def test_an_error_stands_where_the_value_is_typed(priya, form):
    page = Page(form.fill({"value1-02": ""}).press(priya, "review"))
    assert "Fill this in" in page.text("div_id_value1-02")
    assert page.html.count("Fill this in") == 2, "there, and in the list"
    assert f'id="id_{HEADER}_error"' not in page.html


def test_a_message_that_is_sent_again_has_it_once_too(priya, flow, form, posted):
    form.fill({LINK: "kf-1"})
    confirm_anyway(priya, form.press(priya, "review"))
    Invocation.objects.update(status="rejected", due_at=None)
    row = Invocation.objects.get()
    page = opened(priya, f"/send/{flow.pk}/?again={row.request_id}")
    again = page.form("review")
    assert (again["value1-02"], again[HEADER], again[LINK]) == ("KF-1", "", "kf-1")
    assert 'id="different" open>' in page.html and "Order number in the link" in page.html
    confirm_anyway(priya, again.press(priya, "review"))
    repeated = Invocation.objects.latest("id")
    assert [each.template_params for each in sends_in(repeated)] == [
        each.template_params for each in sends_in(row)
    ]


def test_the_preview_says_what_is_different(priya, flow, form):
    html = priya.post(f"/send/{flow.pk}/preview/", form.fields).content.decode()
    assert "nothing is different" in html
    form.fill({LINK: "kf-1"})
    html = priya.post(f"/send/{flow.pk}/preview/", form.fields).content.decode()
    assert "Order number in the link" in html and "nothing is different" not in html
