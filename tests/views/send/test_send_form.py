"""The page of the send form: its bar, its closed parts, and errors that go once they are mended."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.formats import date_format

from invocations.kaleyra.payload import Send
from invocations.models import AdminRequest, ApiKey
from invocations.sending import pause
from invocations.sending.record import record
from tests.conftest import sign_in_again
from tests.many import real_account, workflow_of
from tests.views.conftest import DIGITS, NUMBER, VALUES
from tests.views.pages import Page, form_of, opened, send_form, words_of


def preview(client, workflow, form, visited=""):
    """The answer to a live preview request, after these fields were left."""
    fields = {**form.fields, "visited": visited}
    return Page(client.post(f"/send/{workflow.pk}/preview/", fields))


def post(client, workflow, form, action):
    """By a button that stands outside of the form and belongs to it."""
    return client.post(f"/send/{workflow.pk}/?review", {**form.fields, "action": action})


def focused(html):
    """The tags of the form that ask for the focus."""
    form = html.partition('id="compose"')[2].partition("</form>")[0]
    return [tag for tag in form.split("<") if "autofocus" in tag]


def test_the_number_is_first_and_has_the_focus(priya, typed):
    html = opened(priya, f"/send/{typed.pk}/").html
    assert html.index('id="id_recipient"') < html.index('id="id_value1-01"')
    [tag] = focused(html)
    assert 'name="recipient"' in tag


def test_after_an_error_the_first_wrong_field_has_the_focus(priya, typed):
    form = send_form(priya, typed).fill({"value1-01": "Asha"}, recipient=NUMBER)
    [tag] = focused(Page(form.press(priya, "review")).html)
    assert 'name="value1-02"' in tag


def test_the_bar_names_the_number_and_the_kind_of_account(priya, typed):
    form = send_form(priya, typed)
    page = preview(priya, typed, form)
    assert page.text("says").strip().startswith("Nothing is sent yet.")
    page = preview(priya, typed, form.fill(recipient=NUMBER))
    assert page.text("says").strip() == "1 message to +91 80 6123 4581. Nothing is sent yet."
    del form["same_recipient"]
    page = preview(priya, typed, form.fill(recipient2="+44 20 7946 0958"))
    assert "1 message to +91 80 6123 4581, the SMS to +44 20 7946 0958." in page.text("says")


def test_no_error_is_told_of_a_field_that_was_not_left(priya, typed):
    form = send_form(priya, typed).fill(recipient="0806")
    assert "_error" not in preview(priya, typed, form).html


def test_the_error_of_a_field_that_was_left_comes_and_goes(priya, typed):
    form = send_form(priya, typed).fill(recipient="0806")
    page = preview(priya, typed, form, visited="recipient")
    assert "country code instead of the 0" in page.text("id_recipient_said")
    page = preview(priya, typed, form.fill(recipient=NUMBER), visited="recipient value1-01")
    assert page.text("id_recipient_said") == ""
    assert "Fill this in" in page.text("id_value1-01_said")


def test_names_of_no_field_are_ignored(priya, typed):
    page = preview(priya, typed, send_form(priya, typed), visited="<b> intent value9-01 ../..")
    assert page.status == 200 and "&lt;b" not in page.html and "<b>" not in page.html


@pytest.mark.parametrize(
    ("values", "is_open"),
    [({}, False), ({"params-key": "zz", "params-value": "1"}, True)],
)
def test_what_developers_need_is_closed_until_it_matters(priya, typed, values, is_open):
    form = send_form(priya, typed).fill(values, recipient=NUMBER)
    html = Page(form.press(priya, "review")).html
    assert ('id="developers" open' in html) == is_open


def test_a_workflow_without_texts_has_its_editor_in_view(priya, plain):
    page = opened(priya, f"/send/{plain.pk}/")
    assert "Add a value" in page.text("what")
    assert "Add a value" not in page.text("developers")


def test_the_second_channels_free_values_start_from_the_first(priya, plain):
    form = form_of(send_form(priya, plain).press(priya, "params:add"))
    form.fill({"params-value": "Asha"})
    del form["same_values"]
    again = form_of(form.press(priya, "params2:first"))
    assert (again["params2-key"], again["params2-value"]) == ("01", "Asha")
    assert "same_values" not in again


def test_saved_values_and_earlier_messages_are_behind_one_button(priya, typed, recorded_by_priya):
    page = opened(priya, f"/send/{typed.pk}/")
    assert "Saved values" in page.html
    assert f"?like={recorded_by_priya.request_id}" in page.links


@pytest.fixture
def recorded_by_priya(priya, typed):
    sends = [Send(DIGITS, VALUES)] * 2
    return record(typed, sends, request_id=uuid.uuid4(), created_by=priya.person)[0]


def test_form_and_review_say_to_whom_a_draft_goes(ada):
    draft = workflow_of(real_account(), "Refund", stage="draft")
    words = "Draft: only practice and your team’s own numbers."
    assert words in words_of(ada.get(f"/send/{draft.pk}/"))
    draft.stage = "live"
    draft.save()
    assert words not in words_of(ada.get(f"/send/{draft.pk}/"))


def test_staff_ask_an_admin_for_the_missing_key(priya, typed):
    ApiKey.objects.all().delete()
    page = opened(priya, f"/send/{typed.pk}/")
    assert page.html.count("has no usable API key, so nothing leaves now") == 1
    form = page.form("recipient").fill({"value1-01": "Asha", "note": "Called twice"})
    answer = Page(post(priya, typed, form, f"ask:account:{typed.account_id}"))
    asked = AdminRequest.objects.get()
    assert (asked.kind, asked.account_id) == ("account", typed.account_id)
    assert "You asked an admin on" in answer.html
    again = answer.form("recipient")
    assert (again["value1-01"], again["note"]) == ("Asha", "Called twice")


def test_who_asks_an_admin_from_the_review_comes_back_to_it(priya, plain):
    pause.stop_everything("Wrong price", None)
    review = Page(send_form(priya, plain).fill(recipient=NUMBER).press(priya, "review"))
    answer = post(priya, plain, review.form("promise"), "ask:stop:")
    assert answer.context["promise"] and AdminRequest.objects.get().kind == "stop"


def test_nobody_asks_for_what_does_not_exist(priya, plain):
    for what in ("nonsense", "account:999", "account", "stop:1:2:3"):
        answer = post(priya, plain, send_form(priya, plain), f"ask:{what}")
        assert answer.status_code in (200, 404)
    assert set(AdminRequest.objects.values_list("kind", flat=True)) <= {"stop"}


def test_enter_presses_review_and_not_the_question_to_an_admin(priya, typed):
    ApiKey.objects.all().delete()
    html = opened(priya, f"/send/{typed.pk}/").html
    first = html.index('form="compose" name="action" value="')
    assert html[first:].startswith('form="compose" name="action" value="review"')


# --- when it goes, and what went before -----------------------------------------------------------


def test_the_bar_says_when_it_goes_or_that_it_waits(priya, typed):
    form = send_form(priya, typed).fill(recipient=NUMBER)
    assert "It will" not in preview(priya, typed, form).text("says")
    day = timezone.localdate() + timedelta(days=3)
    form.fill(when="later", day=day.isoformat(), time="09:00")
    says = preview(priya, typed, form).text("says")
    assert f"It will be sent on {date_format(day, 'D j M')}, 09:00." in says
    form.fill(when="now")
    pause.stop_everything("Wrong price", None)
    assert "It will wait: all sending is stopped." in preview(priya, typed, form).text("says")


def test_beside_the_number_stands_how_many_messages_it_got_before(priya, typed, recorded):
    form = send_form(priya, typed).fill(recipient="+91 98765 43202")
    assert "before" not in preview(priya, typed, form).text("read-as")
    earlier = recorded()
    answer = preview(priya, typed, form)
    assert "1 message before" in answer.text("read-as")
    [link] = [each for each in answer.links if "/history/person/" in each]
    assert earlier.recipient_digest in link and priya.get(link).status_code == 200


def test_who_may_not_see_the_history_is_told_nothing_of_it(priya, typed, recorded):
    recorded()
    sender = Permission.objects.get(codename="send_invocation")
    priya.person.groups.clear()
    priya.person.user_permissions.add(sender)
    sign_in_again(priya)
    form = send_form(priya, typed).fill(recipient="+91 98765 43202")
    assert "before" not in preview(priya, typed, form).text("read-as")
