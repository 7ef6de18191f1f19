"""The password is asked again before deeds that do lasting harm, and nothing typed is lost."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from invocations.access.proof import HOLDS, MAX_WRONG
from invocations.models import ApiKey, BrowserSession, Export, TrailRow, WorkflowInstance
from tests.batches.built import running_batch
from tests.conftest import KEY, PASSWORD
from tests.views.pages import Page, words_of

ASKS = "Your password, please"
NEW_KEY = "canary1canary1canary1canary1canary1"
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def boss(ada, clock):
    """An admin whose proof has just lapsed."""
    ada.force_login(ada.person)
    clock.shift(HOLDS)
    return ada


@pytest.fixture
def key_form(account):
    return {"account": account.pk, "title": "second", "new_key": NEW_KEY}


def asks(answer):
    """Whether it is the page that asks, or leads to it."""
    if answer.status_code == 302:
        return answer.headers["Location"].startswith("/prove/?next=")
    return answer.status_code in (200, 403) and ASKS in words_of(answer)


def prove(client, password=PASSWORD, next_page="/me/"):
    return client.post(f"/prove/?next={next_page}", {"step_up_password": password})


def guarded(account, workflow, person):
    """The guarded pages, each with its URL."""
    key = account.api_keys.get().pk
    return [
        "/invocations/apikey/add/",
        f"/invocations/apikey/{key}/change/",
        f"/invocations/apikey/{key}/delete/",
        f"/invocations/account/{account.pk}/change/",
        "/invocations/account/add/",
        f"/invocations/pod/{account.pod_id}/change/",
        "/invocations/pod/add/",
        "/auth/user/add/",
        f"/auth/user/{person.pk}/change/",
        f"/auth/user/{person.pk}/password/",
        f"/accounts/{account.pk}/results/",
        f"/workflows/{workflow.pk}/live/",
        f"/accounts/{account.pk}/live/",
        f"/accounts/{account.pk}/numbers/",
        "/limits/",
        f"/limits/{account.pk}/",
        "/erase/",
    ]


def test_each_sensitive_page_asks_when_it_is_opened_and_when_it_is_posted(
    boss, priya, account, workflow
):
    for page in guarded(account, workflow, priya.person):
        assert asks(boss.get(page)), page
        assert asks(boss.post(page, {"x": "y"})), page


def test_what_is_done_by_a_button_alone_asks_too(boss, priya, account, receiver):
    for page in (
        f"/keys/{account.api_keys.get().pk}/check/",
        f"/people/{priya.person.pk}/unlock/",
        f"/accounts/{account.pk}/numbers/1/remove/",
        f"/confirmations/{uuid.uuid4()}/confirm/",
        f"/confirmations/{uuid.uuid4()}/refuse/",
    ):
        assert asks(boss.post(page)), page
    assert not receiver.received


def test_groups_ask_too(sven, clock):
    sven.force_login(sven.person)
    clock.shift(HOLDS)
    for page in ("/auth/group/add/", "/auth/group/1/change/", "/auth/group/1/delete/"):
        assert asks(sven.get(page)), page


def test_right_after_sign_in_nothing_asks(ada, priya, account, workflow):
    for page in guarded(account, workflow, priya.person):
        assert not asks(ada.get(page)), page


def test_who_may_only_read_reads_without_and_who_has_no_right_is_refused(
    rosa, nina, account, clock
):
    for client in (rosa, nina):
        client.force_login(client.person)
    clock.shift(HOLDS)
    assert rosa.get(f"/invocations/account/{account.pk}/change/").status_code == 200
    assert nina.get(f"/invocations/account/{account.pk}/change/").status_code == 403
    assert nina.post(f"/keys/{account.api_keys.get().pk}/check/").status_code == 403


def test_the_journey_of_a_message_asks_nothing(priya, workflow, clock):
    from tests.views.pages import send_form

    priya.force_login(priya.person)
    clock.shift(20 * timedelta(minutes=1))
    form = send_form(priya, workflow).fill({"value1-01": "Asha"}, recipient="+919876543202")
    assert ASKS not in words_of(form.press(priya, "review"))


def test_the_page_leads_back_and_the_proof_holds_for_five_minutes(boss, clock):
    answer = boss.get("/auth/user/add/")
    page = answer.headers["Location"]
    back = boss.post(page, {"step_up_password": PASSWORD})
    assert back.headers["Location"] == "/auth/user/add/"
    clock.shift(HOLDS - timedelta(seconds=1))
    assert boss.get("/auth/user/add/").status_code == 200
    clock.shift(timedelta(seconds=1))
    assert asks(boss.get("/auth/user/add/"))


def test_it_leads_to_no_other_site(boss):
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert prove(boss, next_page=elsewhere).headers["Location"] == "/"


def test_a_form_that_comes_too_late_is_done_once_the_password_is_there(boss, account, key_form):
    late = boss.post("/invocations/apikey/add/", key_form)
    assert asks(late) and ApiKey.objects.count() == 1
    kept = Page(late).form("step_up_form").fields["step_up_form"]
    done = boss.post(
        "/invocations/apikey/add/", {"step_up_form": kept, "step_up_password": PASSWORD}
    )
    assert done.status_code == 302
    assert ApiKey.objects.get(title="second").key == NEW_KEY


@pytest.fixture
def kept(boss, key_form):
    return kept_in(boss.post("/invocations/apikey/add/", key_form))


def kept_in(answer):
    return answer.context["kept"]


def again(client, kept, password=PASSWORD, page="/invocations/apikey/add/"):
    return client.post(page, {"step_up_form": kept, "step_up_password": password})


def test_what_was_typed_stands_nowhere_in_the_page_or_the_database(boss, kept):
    from django.db import connection

    page = again(boss, kept, "wrong").content.decode()
    assert NEW_KEY not in page
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert NEW_KEY not in str(cursor.fetchall()), table


def test_a_wrong_password_does_nothing_and_keeps_the_form(boss, kept):
    answer = again(boss, kept, "wrong")
    assert "This is not your password" in words_of(answer) and kept_in(answer) == kept
    assert again(boss, kept, "").status_code == 403
    assert ApiKey.objects.count() == 1
    assert again(boss, kept).status_code == 302


def test_a_kept_form_is_of_this_url_this_session_and_this_person(boss, sven, kept, account, clock):
    assert again(boss, kept, page="/invocations/pod/add/").headers["Location"] == "/prove/?next=%2F"
    other = Client()
    other.force_login(boss.person)
    sven.force_login(sven.person)
    for client in (other, sven):
        assert again(client, kept).headers["Location"].startswith("/prove/")
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("forged", ["", "x", "gAAAA", "é"])
def test_a_forged_form_does_nothing(boss, forged):
    assert again(boss, forged).status_code == 302
    assert ApiKey.objects.count() == 0


def test_a_kept_form_lapses(boss, kept, clock):
    clock.shift(timedelta(minutes=29))
    boss.get("/me/")
    clock.shift(timedelta(minutes=2))
    assert again(boss, kept).status_code == 302 and ApiKey.objects.count() == 1


def test_a_kept_form_without_a_right_is_refused(boss, kept):
    User.objects.get(pk=boss.person.pk).groups.clear()
    boss.force_login(boss.person)
    assert again(boss, kept).status_code in (302, 403) and ApiKey.objects.count() == 1


def test_too_many_wrong_passwords_end_the_session(boss):
    for _each in range(MAX_WRONG - 1):
        assert prove(boss, "wrong").status_code == 403
    assert prove(boss, "wrong").headers["Location"].startswith("/login/")
    assert boss.get("/me/").status_code == 302
    assert prove(boss).headers["Location"].startswith("/login/")
    rows = TrailRow.objects.filter(verb="session_ended", who_id=str(boss.person.pk))
    assert json.loads(rows.get().facts)["because"] == "wrong_proofs"


def test_wrong_passwords_are_counted_on_every_page_that_asks_for_one(boss, kept):
    prove(boss, "wrong")
    again(boss, kept, "wrong")
    for _each in range(2):
        boss.post("/password_change/", {"old_password": "wrong"})
    assert boss.get("/me/").status_code == 200
    boss.post("/password_change/", {"old_password": "wrong"})
    assert boss.get("/me/").status_code == 302


def test_the_right_password_forgets_the_wrong_ones(boss):
    for _each in range(2):
        for _wrong in range(MAX_WRONG - 1):
            prove(boss, "wrong")
        assert prove(boss).status_code == 302
    assert BrowserSession.objects.get(person=boss.person).wrong_proofs == 0


def test_a_proof_is_of_one_session_and_ends_with_it(boss):
    other = Client()
    other.cookies["sessionid"] = boss.cookies["sessionid"].value
    prove(boss)
    elsewhere = Client()
    elsewhere.force_login(boss.person)
    with time_machine.travel(timezone.now() + HOLDS, tick=False):
        prove(boss)
        assert boss.get("/auth/user/add/").status_code == 200
        assert asks(elsewhere.get("/auth/user/add/"))
        boss.post("/logout/")
        assert boss.get("/auth/user/add/").headers["Location"].startswith("/login/")
        assert other.get("/auth/user/add/").headers["Location"].startswith("/login/")


def test_proofs_are_in_the_trail(boss):
    prove(boss, "wrong")
    prove(boss)
    rows = TrailRow.objects.filter(verb__in=["proof_refused", "proved_again"]).order_by("id")
    assert [row.verb for row in rows] == ["proof_refused", "proved_again"]
    assert {row.who_name for row in rows} == {"ada"} and PASSWORD not in str(rows.values())


def test_a_part_of_a_page_is_led_to_the_question(boss, account):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/accounts/1/?x=1"}
    answer = boss.get(f"/accounts/{account.pk}/results/", headers=headers)
    assert answer.headers["HX-Redirect"] == "/prove/?next=%2Faccounts%2F1%2F"


def test_a_file_with_whole_numbers_asks_and_one_without_does_not(boss, priya, recorded):
    recorded()
    priya.force_login(priya.person)
    assert asks(boss.post("/history/export/numbers/", {"format": "csv"}))
    written = Export.objects.create(
        person=boss.person, format="csv", newest=1, with_numbers=True, state="ready"
    )
    assert asks(boss.post(f"/history/exports/{written.pk}/download/"))
    own = running_batch(WorkflowInstance.objects.get(), 1, created_by=boss.person)
    assert asks(boss.get(f"/batches/{own.uid}/result.csv"))
    with time_machine.travel(timezone.now() + HOLDS, tick=False):
        answer = priya.post("/history/export/", {"format": "csv"})
        assert answer.headers["Content-Type"].startswith("text/csv")


def test_a_workflow_goes_live_from_its_own_page_after_the_password_alone(boss, workflow):
    workflow.stage = "tested"
    workflow.save()
    assert asks(boss.post(f"/workflows/{workflow.pk}/live/", {"reason": "because"}))
    workflow.refresh_from_db()
    assert workflow.stage == "tested"


def test_no_key_of_the_console_is_asked_for(boss, account):
    assert KEY not in boss.get(boss.get("/auth/user/add/").headers["Location"]).content.decode()
