"""Keys out of order: refused for places by position alone, with advice that the page can follow."""

import json

import pytest

from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm_anyway, form_of, send_form
from tests.views.send.send_page import with_rows

ELEVEN = {str(n): f"v{n}" for n in range(1, 12)}
PRESS, WRITE = "Press “Number from 01”.", "Number the keys from 01."


def test_an_sms_with_numbers_for_names_is_sent(priya, make_workflow, posted):
    workflow = make_workflow(None, " ".join(f"{n}={{{n}}}" for n in range(1, 12)))
    workflow.channels.update(position=1)
    form = send_form(priya, workflow).fill({f"value1-{n}": f"v{n}" for n in ELEVEN})
    review = form.fill(recipient=NUMBER).press(priya, "review")
    assert "smaller number" not in review.content.decode()
    confirm_anyway(priya, review)
    assert posted().body["input"]["send1"]["templateParams"] == ELEVEN


def test_names_that_begin_with_numbers_are_sent(priya, make_workflow, posted):
    workflow = make_workflow("On {{2_date}} at {{10_time}}", None)
    values = {"value1-2_5f_date": "Monday", "value1-10_5f_time": "9:00"}
    form = send_form(priya, workflow).fill(values, recipient=NUMBER)
    html = priya.post(f"/send/{workflow.pk}/preview/", form.fields).content.decode()
    assert "smaller number" not in html
    confirm_anyway(priya, form.press(priya, "review"))
    assert posted().body["input"]["send1"]["templateParams"] == {
        "2_date": "Monday",
        "10_time": "9:00",
    }


def rows(form):
    return form.fill({"params-key": ["10", "2"], "params-value": ["a", "b"]}, recipient=NUMBER)


def as_json(form):
    params = {"params-mode": "json", "params-json": json.dumps({"10": "a", "2": "b"})}
    return form.fill(params, recipient=NUMBER)


@pytest.mark.parametrize(
    ("fill", "advice", "other"), [(rows, PRESS, WRITE), (as_json, WRITE, PRESS)]
)
def test_the_advice_names_a_button_only_beside_rows(priya, plain, fill, advice, other):
    form = fill(send_form(priya, plain))
    page = Page(form.press(priya, "review"))
    assert advice in page.text("div_id_params") and other not in page.html
    html = priya.post(f"/send/{plain.pk}/preview/", form.fields).content.decode()
    assert advice in html and other not in html


def test_the_button_that_is_named_helps(priya, plain):
    form = with_rows(priya, send_form(priya, plain), "params", {"10": "a", "2": "b"})
    form = form_of(form.fill(recipient=NUMBER).press(priya, "params:number"))
    assert form["params-key"] == ["01", "02"]
    assert "smaller number" not in form.press(priya, "review").content.decode()


def test_a_field_of_the_form_is_not_told_to_press_it(priya, make_workflow):
    """The free key "1" sorts behind the field "02"."""
    workflow = make_workflow("{{1}} {{2}}", None)
    form = send_form(priya, workflow).fill({"value1-01": "a", "value1-02": "b"}, recipient=NUMBER)
    form.fill({"params-key": ["1"], "params-value": ["c"]})
    page = Page(form.press(priya, "review"))
    assert "smaller number" in page.text("errors") and PRESS not in page.html
