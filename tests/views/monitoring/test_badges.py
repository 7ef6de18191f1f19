"""The numbers in the menu say what the lists say, and only what the person can end."""

import pytest
from django.contrib.auth.models import Permission, User

from invocations.models import Account, AdminRequest, Callback, Incident, Invocation
from invocations.sending import pause
from tests.conftest import sign_in_again
from tests.many import messages, real_account
from tests.stored_results import store_result
from tests.views.monitoring.dashboard_page import NOON, completed, minutes_ago
from tests.views.monitoring.test_needs_you import needs, with_key
from tests.views.pages import badges_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture
def flow(flow):
    """The account of `flow` has a key, so that it is no trouble itself."""
    with_key(flow.account)
    messages(flow, [completed(60, 1)])
    return flow


def unmatched_result(flow):
    store_result(flow.account, b"{}")
    return put_aside


def put_aside():
    for callback in Callback.objects.all():
        callback.set_aside_at, callback.set_aside_reason = NOON, "Sent by another system"
        callback.set_aside_by = User.objects.get(username="ada")
        callback.save()


def unknown_outcome(flow):
    messages(flow, [minutes_ago(5, status="unknown")])
    return lambda: Invocation.objects.update(status="accepted")


def missing_result(flow):
    messages(flow, [minutes_ago(9, status="accepted", delivery="no_result", result_due_at=NOON)])
    return lambda: Invocation.objects.filter(delivery="no_result").update(delivery="")


def paused_account(flow):
    messages(flow, [minutes_ago(5, status="queued")])
    Account.objects.update(is_paused=True)
    Incident.objects.create(kind="paused", account=flow.account, opened_at=NOON, last_at=NOON)
    return lambda: Account.objects.update(is_paused=False)


def paused_workflow(flow):
    pause.pause_workflow(flow.pk, "no_such_workflow")
    return lambda: pause.resume_workflow(flow)


def stop(flow):
    pause.stop_everything("A wrong text went out", None)
    return lambda: pause.resume_everything(None)


def account_without_key(flow):
    other = real_account("Kaveri Europe", "api.eu.kaleyra.io")
    return lambda: with_key(other)


def refusals(flow):
    of = {"account": flow.account, "workflow_instance": flow, "opened_at": NOON, "last_at": NOON}
    Incident.objects.create(kind="refusals", reason="not published", count=3, **of)
    return lambda: Incident.objects.update(closed_at=NOON)


def asked_for_a_workflow(flow):
    person = User.objects.create(username="asks")
    AdminRequest.objects.create(kind="new_workflow", person=person, asked_at=NOON)
    return lambda: AdminRequest.objects.update(done_at=NOON)


@pytest.mark.parametrize(
    "trouble",
    [
        *(unmatched_result, unknown_outcome, missing_result, paused_account, paused_workflow),
        *(stop, account_without_key, refusals, asked_for_a_workflow),
    ],
)
def test_each_trouble_is_one_row_and_one_in_the_menu_until_it_is_over(ada, flow, trouble):
    end = trouble(flow)
    assert len(needs(ada, "/")) == len(needs(ada)) == 1
    assert badges_at(ada, "/needs-you/") == ["1"]
    end()
    assert len(needs(ada, "/")) == len(needs(ada)) == 0
    assert badges_at(ada, "/needs-you/") == [""]


def test_the_menu_counts_only_rows_that_the_person_can_end(ada, flow):
    """Whoever may only record outcomes can neither store a key nor resume an account."""
    for trouble in (unmatched_result, unknown_outcome, paused_account, account_without_key):
        trouble(flow)
    ada.person.groups.clear()
    rights = ["settle_invocation", "view_invocation"]
    ada.person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    sign_in_again(ada)
    assert {each.cause.partition(":")[0] for each in needs(ada)} == {"unknown", "unmatched"}
    assert badges_at(ada, "/needs-you/") == ["2"]


def test_after_ones_own_deed_the_menu_counts_anew(ada, flow):
    [row] = messages(flow, [minutes_ago(5, status="unknown")])
    assert badges_at(ada, "/needs-you/") == ["1"]
    ada.post(
        f"/history/{row.request_id}/settle/", {"verdict": "delivered", "reason": "She read it out."}
    )
    assert Invocation.objects.get(pk=row.pk).reason == "settled_delivered"
    assert badges_at(ada, "/needs-you/") == [""], "without opening the list"


def test_a_page_that_refreshes_itself_refreshes_the_number_in_the_menu(ada, flow):
    for page in ("/", "/needs-you/"):
        html = ada.get(page).content.decode()
        assert 'hx-select-oob="#home-count,#needs-count"' in html
        assert html.count('id="needs-count"') == html.count('id="home-count"') == 1


def test_the_support_home_and_the_menu_count_the_same_beyond_what_the_home_lists(priya, flow):
    own = {"created_by": priya.person}
    rows = [{**completed(n, 0, **own), "recipient_digest": f"d{n}"} for n in range(1, 9)]
    messages(flow, rows)
    answer = priya.get("/")
    assert (len(answer.context["follow_up"]), answer.context["follow_up_count"]) == (5, "8")
    assert badges_at(priya, "/") == ["8"]
