"""One value for places side by side: typed once, reviewed, sent in pieces, sent again."""

import pytest

from invocations.models import Invocation, Parameter
from invocations.models.invocations import sends_in
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm, opened, send_form

LONG = "Sri Venkata Subramanian Raghavan Iyer"


@pytest.fixture
def flow(make_workflow):
    """WhatsApp asks for name and order, the SMS for the name in two places."""
    flow = make_workflow("Dear {{1}}, order {{2}}.", "Dear {#var#}{#var#}, order {#var#}.")
    for channel in flow.channels.all():
        Parameter.objects.create(channel=channel, key="01", label="Name")
    return flow


def filled(client, flow, name=LONG, query=""):
    form = send_form(client, flow, query).fill(recipient=NUMBER)
    return form.fill({"value1-01": name, "value1-02": "KF-1", "value2-03": "KF-1"})


def test_the_value_is_typed_once_and_both_messages_read_the_same(priya, flow, posted):
    review = filled(priya, flow).press(priya, "review")
    html = Page(review).html.replace("</mark><mark>", "")
    assert html.count(f"Dear <mark>{LONG}</mark>, order <mark>KF-1</mark>.") == 2
    confirm(priya, review)
    sms = posted().body["input"]["send2"]["templateParams"]
    assert sms["01"] + sms["02"] == LONG and sms["03"] == "KF-1"
    assert max(map(len, sms.values())) <= 30


@pytest.mark.parametrize("name", ["Asha", LONG])
def test_it_is_joined_where_it_is_sent_again(priya, flow, receiver, name):
    confirm(priya, filled(priya, flow, name).press(priya, "review"))
    Invocation.objects.update(status="rejected", due_at=None)
    first = Invocation.objects.get()
    form = send_form(priya, flow, f"?again={first.request_id}")
    assert form["value1-01"] == form["value2-01"] == name
    confirm(priya, form.press(priya, "review"))
    again = Invocation.objects.latest("id")
    assert [each.template_params for each in sends_in(again)] == [
        each.template_params for each in sends_in(first)
    ]


def test_a_value_of_its_own_is_joined_too(priya, flow, receiver):
    form = filled(priya, flow)
    del form["same_values"]
    form.fill({"value2-01": "Asha Rao", "value2-03": "KF-1"})
    confirm(priya, form.press(priya, "review"))
    Invocation.objects.update(status="rejected", due_at=None)
    again = send_form(priya, flow, f"?again={Invocation.objects.get().request_id}")
    assert (again["value1-01"], again["value2-01"]) == (LONG, "Asha Rao")
    assert "same_values" not in again


@pytest.mark.parametrize(
    ("name", "words"),
    [("A", "2 places side by side"), ("x" * 64, "allow 60 here: take out 4"), ("", "Fill this in")],
)
def test_what_does_not_fit_is_said_at_the_field(priya, flow, name, words):
    html = Page(filled(priya, flow, name).press(priya, "review")).html
    assert words in html.partition('class="field" id="div_id_value1-01"')[2][:3000]
    assert not Invocation.objects.exists()


def test_a_key_of_the_second_place_in_the_free_editor_is_refused(priya, flow):
    form = filled(priya, flow)
    del form["same_values"]
    form.fill({"value2-01": "Asha", "params2-key": ["02"], "params2-value": ["x"]})
    form.fill({"params2-mode": "rows"})
    assert "“02” is above already." in Page(form.press(priya, "review")).html


def test_a_sensitive_value_is_hidden_in_all_its_pieces(priya, flow, receiver):
    Parameter.objects.filter(channel__position=2, key="01").update(is_sensitive=True)
    Parameter.objects.filter(channel__position=1, key="01").update(is_sensitive=True)
    confirm(priya, filled(priya, flow, "Quetzalcoatl Ximenez").press(priya, "review"))
    row = Invocation.objects.get()
    html = opened(priya, f"/history/{row.request_id}/").html
    pieces = sends_in(row)[1].template_params
    assert pieces["01"] + pieces["02"] == "Quetzalcoatl Ximenez"
    assert not [piece for piece in ("Quetz", "Ximen") if piece in html]


def test_the_texts_page_has_one_row_for_them_and_its_example_is_whole(ada, flow):
    Parameter.objects.filter(channel__position=2, key="01").update(sample="Asha Rao")
    page = opened(ada, f"/workflows/{flow.pk}/contract/")
    form = page.form("title")
    assert "sms-01-row" in form and "sms-02-row" not in form
    assert "Asha Rao" in page.html.replace("</mark><mark>", "")


def test_a_mark_of_the_second_place_moves_to_the_first_when_the_texts_are_saved(ada, flow):
    second = flow.channels.get(position=2)
    Parameter.objects.create(channel=second, key="02", is_sensitive=True)
    type(flow).objects.update(stage="draft")
    form = opened(ada, f"/workflows/{flow.pk}/contract/").form("title")
    assert form[f"{form['sms-01-row']}-is_sensitive"] == "on"
    assert ada.post(f"/workflows/{flow.pk}/contract/", form.fields).status_code == 302
    kept = second.parameters.order_by("key").values_list("key", "is_sensitive")
    assert list(kept) == [("01", True), ("03", False)]
