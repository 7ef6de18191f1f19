"""Send to this person: the number comes from a stored message, never from the address."""

import pytest
from django.contrib.auth.models import Group, Permission

from invocations.composing.field_names import field_name
from invocations.forms.submission_token import SubmissionToken
from tests.conftest import sign_in_again
from tests.views.conftest import VALUES
from tests.views.pages import confirm_anyway, opened, words_of

DIGITS = "919876543202"


@pytest.fixture
def earlier(recorded):
    return recorded()


def compose(workflow, earlier):
    return f"/send/{workflow.pk}/?person={earlier.recipient_digest}"


def filled(form):
    return form.fill({field_name(1, key): value for key, value in VALUES.items()})


def test_the_person_page_leads_through_the_chooser_to_the_form(priya, typed, earlier):
    person = opened(priya, f"/history/person/{earlier.recipient_digest}/")
    [to_chooser] = [link for link in person.links if link.startswith("/send/?person=")]
    assert compose(typed, earlier) in opened(priya, to_chooser).links
    assert "+91 ••••• •3202" in words_of(priya.get(to_chooser))


def test_the_message_goes_to_the_number_that_support_never_sees(priya, typed, earlier, posted):
    page = opened(priya, compose(typed, earlier))
    form = page.form("recipient")
    assert form["recipient"] == "" and "98765" not in page.html
    assert "If empty, it goes to +91 ••••• •3202" in page.html
    review = filled(form).press(priya)
    assert "98765 43202" not in review.content.decode()
    assert confirm_anyway(priya, review).status_code == 302
    assert {send["recipient"] for send in posted().body["input"].values()} == {DIGITS}


def test_the_form_does_not_show_it_to_admins_either(ada, typed, earlier):
    assert opened(ada, compose(typed, earlier)).form("recipient")["recipient"] == ""


def test_the_preview_knows_the_number_without_showing_it(priya, typed, earlier):
    form = filled(opened(priya, compose(typed, earlier)).form("recipient"))
    answer = priya.post(f"/send/{typed.pk}/preview/", form.fields)
    assert answer.status_code == 200 and "98765" not in answer.content.decode()


@pytest.mark.parametrize("digest", ["0" * 64, DIGITS, "x", "%00", "%F0%9F%98%80"])
def test_a_digest_of_nobody_is_not_found(priya, typed, digest):
    assert priya.get(f"/send/{typed.pk}/?person={digest}").status_code == 404
    assert priya.get(f"/send/?person={digest}").status_code == 404


def test_who_may_not_read_the_history_gets_nobodys_number(priya, typed, earlier):
    seen = Permission.objects.get(codename="view_invocation")
    for group in Group.objects.all():
        group.permissions.remove(seen)
    sign_in_again(priya)
    assert priya.get(compose(typed, earlier)).status_code == 404


def test_the_token_of_a_form_carries_the_person():
    token = SubmissionToken.new(1, 2, person="abc")
    assert SubmissionToken.read(token.token, 1, 2) == token
