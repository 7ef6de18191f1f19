"""Send again copies values, never the id and never a number that the person may not see."""

import uuid

import pytest
from django.contrib.auth.models import Permission

from invocations.kaleyra.payload import Send
from invocations.models import Channel, Invocation
from invocations.models.invocations import sends_in
from invocations.sending.record import record
from tests.reports import report
from tests.views.conftest import DIGITS, NUMBER, VALUES
from tests.views.pages import Page, confirm, confirm_anyway, form_of, opened, send_form

OTHER = "447700900123"
ANOTHER_KEY = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="]


@pytest.fixture
def first(typed):
    """What somebody sent to a number that Support has never typed."""
    return over(typed, [Send(DIGITS, VALUES)] * 2, reference="T-1")


def over(workflow, sends, **options):
    """A message that was refused: nothing of it can still leave."""
    row = record(workflow, sends, request_id=uuid.uuid4(), created_by=None, **options)[0]
    Invocation.objects.filter(pk=row.pk).update(status="rejected", due_at=None)
    return row


def spellings(digits):
    return [
        digits,
        digits[-9:],
        f"+{digits[:2]} {digits[2:4]} {digits[4:8]} {digits[8:]}",
        f"{digits[4:8]} {digits[8:]}",
        f"{digits[2:7]} {digits[7:]}",
    ]


def test_values_are_copied_and_the_id_is_new(priya, typed, first, posted):
    form = send_form(priya, typed, f"?again={first.request_id}")
    assert [form[f"value1-0{n}"] for n in (1, 2, 3)] == list(VALUES.values())
    assert form["reference"] == "T-1"
    confirm(priya, form.press(priya, "review"))
    again = Invocation.objects.latest("id")
    assert again.request_id != first.request_id and again.sent_again_from == first
    assert posted().body["input"]["send1"] == {"recipient": DIGITS, "templateParams": VALUES}


def test_both_link_to_each_other(priya, typed, first, receiver):
    confirm(priya, send_form(priya, typed, f"?again={first.request_id}").press(priya, "review"))
    second = Invocation.objects.latest("id")
    assert f"/history/{second.request_id}/" in opened(priya, f"/history/{first.request_id}/").links
    assert f"/history/{first.request_id}/" in opened(priya, f"/history/{second.request_id}/").links


def test_whoever_may_not_see_the_number_uses_it_without_seeing_it(priya, typed, first, receiver):
    answers = [priya.get(f"/send/{typed.pk}/?again={first.request_id}")]
    form = form_of(answers[0])
    assert form["recipient"] == "" and "•••• 4581" in answers[0].content.decode()
    answers.append(priya.post(f"/send/{typed.pk}/preview/", form.fields))
    answers.append(form.fill({"value1-01": ""}).press(priya, "review"))  # an error
    answers.append(form_of(answers[-1]).fill({"value1-01": "Ravi"}).press(priya, "review"))
    answers.append(Page(answers[-1]).form("send").press(priya, "edit"))
    answers.append(form_of(answers[-1]).press(priya, "params:add"))
    answers.append(form_of(answers[-1]).fill({"params-key": "x"}).press(priya, "params:remove-0"))
    answers.append(form_of(answers[-1]).press(priya, "review"))
    sent = confirm(priya, answers[-1])
    answers += [sent, priya.get(sent.headers["Location"]), priya.get("/history/")]
    for number, answer in enumerate(answers):
        seen = answer.content.decode() + str(answer.headers)
        assert not [spelling for spelling in spellings(DIGITS) if spelling in seen], number
    assert len(receiver.accepted) == 1
    assert sends_in(Invocation.objects.latest("id"))[0].recipient == DIGITS
    assert not any(spelling in str(dict(priya.session)) for spelling in spellings(DIGITS))


def test_the_form_does_not_show_it_to_admins_either(ada, typed, first):
    assert send_form(ada, typed, f"?again={first.request_id}")["recipient"] == ""


def test_another_number_may_be_typed_in_its_place(priya, typed, first, posted):
    form = send_form(priya, typed, f"?again={first.request_id}").fill(recipient=OTHER)
    confirm(priya, form.press(priya, "review"))
    assert posted().body["input"]["send2"]["recipient"] == OTHER


def test_two_hidden_numbers_each_stay_with_their_channel(priya, typed, posted):
    sends = [Send(DIGITS, VALUES), Send(OTHER, {**VALUES, "03": "20%"})]
    first = over(typed, sends)
    form = send_form(priya, typed, f"?again={first.request_id}")
    assert "same_recipient" not in form and "same_values" not in form and form["value2-03"] == "20%"
    confirm_anyway(priya, form.press(priya, "review"))
    body = posted().body["input"]
    assert [
        body["send1"]["recipient"],
        body["send2"]["recipient"],
        body["send2"]["templateParams"]["03"],
    ] == [DIGITS, OTHER, "20%"]


def test_a_workflow_that_lost_its_second_channel_still_opens(priya, typed):
    first = over(typed, [Send(DIGITS, VALUES), Send(OTHER, VALUES)])
    Channel.objects.get(workflow_instance=typed, position=2).delete()
    page = opened(priya, f"/send/{typed.pk}/?again={first.request_id}")
    assert "Changed in the workflow since" in page.html and "recipient2" not in page.form("review")


def test_a_sensitive_value_is_asked_for_anew(priya, make_workflow):
    workflow = make_workflow("{{name}} {{pin}}", None, words=[{"key": "pin", "is_sensitive": True}])
    params = {"name": "Asha", "pin": "4711", "#verification_code#": "81XXX23"}
    first = over(workflow, [Send(DIGITS, params)])
    for query in (f"?again={first.request_id}", f"?like={first.request_id}"):
        page = opened(priya, f"/send/{workflow.pk}/{query}")
        form = page.form("review")
        assert form["value1-name"] == "Asha"
        assert form["value1-pin"] == ""
        assert form["params-key"] == "#verification_code#"
        assert "4711" not in page.html and "81XXX23" not in page.html
    assert "Fill this in" in form.fill(recipient=NUMBER).press(priya, "review").content.decode()


def test_what_changed_in_the_workflow_since_is_told(priya, typed, first):
    assert (
        "Changed in the workflow since"
        not in opened(priya, f"/send/{typed.pk}/?again={first.request_id}").html
    )
    channel = typed.channels.get(position=1)
    channel.template_text += " {{4}}"
    channel.save()
    channel.parameters.filter(key="02").update(label="<b>")
    page = opened(priya, f"/send/{typed.pk}/?again={first.request_id}")
    assert "the text of send1" in page.html
    assert "the values 02 of send1" in page.html
    assert page.form("review")["value1-04"] == ""


def test_the_first_may_have_arrived(priya, typed, first):
    Invocation.objects.update(status="unknown")
    assert (
        "may get the message twice"
        in opened(priya, f"/send/{typed.pk}/?again={first.request_id}").html
    )
    Invocation.objects.update(status="rejected")
    assert (
        "may get the message twice"
        not in opened(priya, f"/send/{typed.pk}/?again={first.request_id}").html
    )


@pytest.mark.parametrize("status", ["queued", "held", "sending", "unknown"])
def test_what_may_still_leave_by_itself_is_not_sent_again(priya, typed, first, receiver, status):
    review = send_form(priya, typed, f"?again={first.request_id}").press(priya, "review")
    Invocation.objects.update(
        status=status, due_at="2030-01-01T00:00Z", lease_until="2030-01-01T00:00Z"
    )
    assert (
        priya.get(f"/send/{typed.pk}/?again={first.request_id}").headers["Location"]
        == f"/history/{first.request_id}/"
    )
    assert "may still leave by itself" in confirm(priya, review).content.decode()
    assert Invocation.objects.count() == 1 and not receiver.received


def test_a_refused_message_with_a_result_is_not_sent_again_even_by_a_form_already_open(
    priya, typed, first, receiver
):
    review = send_form(priya, typed, f"?again={first.request_id}").press(priya, "review")
    report(first, "TIMEOUT", "SENT")
    assert f"?again={first.request_id}" not in opened(priya, f"/history/{first.request_id}/").html
    assert (
        priya.get(f"/send/{typed.pk}/?again={first.request_id}").headers["Location"]
        == f"/history/{first.request_id}/"
    )
    assert "Do not send it again. Nothing was sent." in confirm(priya, review).content.decode()
    assert Invocation.objects.count() == 1 and not receiver.received


def test_like_fills_values_and_never_a_number(ada, typed, first):
    page = opened(ada, f"/send/{typed.pk}/?like={first.request_id}")
    assert page.form("review")["value1-01"] == "Asha" and page.form("review")["recipient"] == ""
    assert not any(spelling in page.html for spelling in spellings(DIGITS))


def test_like_makes_a_message_of_its_own(priya, typed, first, receiver):
    confirm(
        priya,
        send_form(priya, typed, f"?like={first.request_id}")
        .fill(recipient=OTHER)
        .press(priya, "review"),
    )
    assert Invocation.objects.latest("id").sent_again_from is None


@pytest.mark.parametrize("way", ["again", "like"])
@pytest.mark.parametrize("which", ["none", "garbage", "another workflow's", "no right"])
def test_an_address_that_names_something_else_finds_nothing(priya, typed, plain, first, way, which):
    if which == "no right":
        Permission.objects.get(codename="view_values").delete()
    named = {"none": uuid.uuid4(), "garbage": "../<x>"}.get(which, first.request_id)
    workflow = plain if which == "another workflow's" else typed
    assert priya.get(f"/send/{workflow.pk}/", {way: str(named)}).status_code == 404


def test_what_cannot_be_decrypted_is_asked_for_anew(priya, typed, first, settings):
    form = send_form(priya, typed, f"?again={first.request_id}")
    settings.FIELD_ENCRYPTION_KEYS = ANOTHER_KEY
    page = opened(priya, f"/send/{typed.pk}/?again={first.request_id}")
    assert "cannot be read any more" in page.html and page.form("review")["value1-01"] == ""
    again = Page(form.press(priya, "review"))
    assert "Enter the customer" in again.text("errors")
    assert again.form("review")["value1-01"] == "Asha"
    assert priya.post(f"/send/{typed.pk}/preview/", form.fields).status_code == 200


# --- one's own number -----------------------------------------------------------------------------


def test_ones_own_number_is_one_press_away(priya, plain):
    form = opened(priya, "/me/").form("own_number").fill(own_number="0091 80612-34581")
    assert priya.post("/me/", form.fields).status_code == 302
    assert opened(priya, "/me/").form("own_number")["own_number"] == NUMBER
    assert form_of(send_form(priya, plain).press(priya, "mine"))["recipient"] == NUMBER
    priya.post("/me/", {"own_number": ""})
    page = Page(send_form(priya, plain).fill(recipient=OTHER).press(priya, "mine"))
    assert "not stored yet" in page.html and page.form("review")["recipient"] == OTHER


def test_a_wrong_number_of_ones_own_is_refused_and_kept(priya):
    page = Page(priya.post("/me/", {"own_number": "12 34"}))
    assert "Too few digits" in page.html and page.form("own_number")["own_number"] == "12 34"


def test_ones_own_number_that_cannot_be_decrypted_is_asked_for_anew(priya, plain, settings):
    priya.post("/me/", {"own_number": NUMBER})
    settings.FIELD_ENCRYPTION_KEYS = ANOTHER_KEY
    assert opened(priya, "/me/").form("own_number")["own_number"] == ""
    assert "not stored yet" in send_form(priya, plain).press(priya, "mine").content.decode()
    assert priya.post("/me/", {"own_number": NUMBER}).status_code == 302
