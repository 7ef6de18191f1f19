"""The hub of an account: what it shows to whom, and that each step returns to it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from invocations.kaleyra.profiles import KeyCheck, KeyVerdict
from invocations.models import Account, ApiKey, CallbackAddress, Pod, WorkflowInstance
from invocations.models.reading import WHOLE
from invocations.monitoring.pauses import pause_of
from invocations.results import endpoints
from invocations.sending.pause import pause_or_resume
from tests.conftest import KEY
from tests.many import messages
from tests.views.pages import Page, opened, words_of


@pytest.fixture
def real(db):
    return Account.objects.create(
        title="Kaveri", pod=Pod.objects.get(code="SG"), sid="HXSG1602345781SG"
    )


@pytest.fixture
def hub(real):
    return reverse("account_hub", args=[real.pk])


def store_key(browser, of, **fields):
    there = reverse("admin:invocations_apikey_add", query={"account": of.pk})
    return browser.post(there, {"title": "console", "new_key": KEY, **fields})


def texts(page):
    return " ".join(page.html.split())


def test_it_leads_an_admin_to_the_key_first(ada, hub, real):
    page = opened(ada, hub)
    assert "Being set up: no API key" in page.html and "1 of 7 steps are done" in page.html
    assert (
        "about 25 minutes are left" in page.html and "Staff cannot send with it yet." in page.html
    )
    assert reverse("admin:invocations_apikey_add", query={"account": real.pk}) in page.links


def test_a_reviewer_reads_it_without_any_deed(rosa, hub, real):
    page = opened(rosa, hub)
    assert "HXSG1602345781SG" in page.html
    assert not [link for link in page.links if "/add/" in link or link.endswith("/pause/")]
    assert not any(form.action.startswith(("/keys/", "/accounts/")) for form in page.forms)


def test_a_key_from_the_hub_goes_to_its_account_and_back(ada, hub, real, account):
    answer = store_key(ada, real, account=account.pk)  # the field is fixed, whatever is posted
    assert answer.headers["Location"] == hub
    assert real.api_keys.get().is_primary and account.api_keys.count() == 1
    page = opened(ada, hub)
    assert "stored today" in page.html and "by ada" in page.html
    assert KEY not in page.html and KEY[-4:] in page.html


def test_a_new_key_replaces_the_primary_one(ada, hub, real):
    store_key(ada, real)
    store_key(ada, real, title="second", make_primary="on")
    assert real.api_keys.get(is_primary=True).title == "second"
    replace = reverse(
        "admin:invocations_apikey_add", query={"account": real.pk, "make_primary": "1"}
    )
    assert replace.replace("&", "&amp;") in opened(ada, hub).html
    assert "make_primary" in opened(ada, replace).form("title")  # it is ticked


def check(monkeypatch, browser, hub, account, verdict):
    answer = KeyCheck(200, verdict)
    monkeypatch.setattr(
        "invocations.kaleyra.client.KaleyraClient.callback_profiles", lambda self: answer
    )
    there = reverse("check_key", args=[account.api_keys.get().pk])
    form = opened(browser, hub).form("next")
    assert form.action == there
    return browser.post(there, form.fields)


def test_the_check_returns_with_its_result(ada, hub, real, monkeypatch):
    store_key(ada, real)
    answer = check(monkeypatch, ada, hub, real, KeyVerdict.WORKS)
    assert answer.headers["Location"] == hub
    page = opened(ada, hub)
    assert "The key works" in page.html and "nothing was sent" in page.html
    assert "3 of 7 steps are done" in page.html


def test_a_refused_key_is_wrong_and_says_what_to_do(ada, hub, real, monkeypatch):
    store_key(ada, real)
    check(monkeypatch, ada, hub, real, KeyVerdict.REFUSED)
    page = opened(ada, hub)
    assert 'data-state="wrong"' in page.html and "Key refused" in page.html
    assert "Compare SID and region" in page.html


def test_the_check_leads_to_no_other_site(ada, account, monkeypatch):
    ok = KeyCheck(200, KeyVerdict.WORKS)
    monkeypatch.setattr(
        "invocations.kaleyra.client.KaleyraClient.callback_profiles", lambda self: ok
    )
    there = reverse("check_key", args=[account.api_keys.get().pk])
    assert ada.post(there, {"next": "https://evil.example/"}).status_code == 200


def test_it_shows_workflows_with_their_stage(ada, hub, real):
    WorkflowInstance.objects.create(
        account=real, title="Order delayed", workflow_instance_id="wf-1", stage="draft"
    )
    page = texts(opened(ada, hub))
    assert "Order delayed" in page and "Draft" in page and "not all texts are here" in page


def test_it_shows_the_last_accepted_message(ada, account, workflow):
    (row,) = messages(workflow, [{"status": "accepted"}])
    page = opened(ada, reverse("account_hub", args=[account.pk]))
    assert reverse("invocation", args=[row.request_id]) in page.links


def test_it_tells_the_last_changes_and_leads_to_all_of_them(ada, hub, real):
    store_key(ada, real)
    ada.post(reverse("pause_account", args=[real.pk]), {"reason": "Invoice open"})
    words = words_of(ada.get(hub))
    assert "ada paused Kaveri" in words and "ada added the API key" in words
    assert "A script added the account Kaveri" in words
    assert reverse("changes", query={"of": f"account-{real.pk}"}) in opened(ada, hub).links


def test_pausing_asks_for_a_reason_and_resuming_returns(ada, hub, real):
    there = reverse("pause_account", args=[real.pk])
    store_key(ada, real)
    assert "Fill this in" in ada.post(there, {"reason": ""}).content.decode()
    assert ada.post(there, {"reason": "Invoice open"}).headers["Location"] == hub
    real.refresh_from_db()
    assert real.is_paused and pause_of(real, WHOLE).by == "ada"
    page = opened(ada, hub)
    assert "Invoice open" in page.html
    form = page.form("back")
    assert ada.post(form.action, form.fields).headers["Location"] == hub
    real.refresh_from_db()
    assert not real.is_paused


def test_a_pause_by_a_person_does_not_replace_that_of_the_console(ada, real):
    pause_or_resume(real, ["credentials"])
    answer = ada.post(reverse("pause_account", args=[real.pk]), {"reason": "x"}, follow=True)
    assert "was paused already" in answer.content.decode()
    real.refresh_from_db()
    assert real.paused_because == "credentials"


def test_a_profile_seen_by_the_check_completes_the_step_of_the_results(ada, hub, real):
    endpoints.ensure_address(real, by=None)
    assert "Enter it at Kaleyra" in opened(ada, hub).html
    CallbackAddress.objects.update(profile_state="on", profile_seen_at=timezone.now())
    assert "Kaleyra posts to it" in opened(ada, hub).html


def test_deleting_a_key_returns_to_the_hub(ada, hub, real):
    store_key(ada, real)
    key = ApiKey.objects.get()
    there = reverse("admin:invocations_apikey_delete", args=[key.pk])
    assert ada.post(there, {"post": "yes"}).headers["Location"] == hub


def test_the_pages_of_account_key_and_region_name_the_account_in_their_breadcrumb(ada, hub, real):
    store_key(ada, real)
    for name, record in [("account", real), ("apikey", real.api_keys.get())]:
        page = opened(ada, reverse(f"admin:invocations_{name}_change", args=[record.pk]))
        assert hub in page.links, name
    assert "Regions (pods)" in Page(ada.get(reverse("admin:invocations_pod_add"))).html


def answered(account):
    """Kaleyra refused the account's key."""
    account.api_keys.update(last_checked_at=timezone.now(), last_refused_at=timezone.now())


def test_a_key_that_is_entered_again_asks_for_a_new_check(ada, hub, real):
    store_key(ada, real)
    answered(real)
    there = reverse("admin:invocations_apikey_change", args=[real.api_keys.get().pk])
    assert ada.post(there, {"title": "console", "new_key": KEY}).headers["Location"] == hub
    assert opened(ada, hub).html.count('data-state="wrong"') == 0


@pytest.mark.parametrize("what", ["account", "pod"])
def test_another_sid_or_host_asks_for_a_new_check(ada, hub, real, what):
    store_key(ada, real)
    answered(real)
    record = real if what == "account" else real.pod
    there = reverse(f"admin:invocations_{what}_change", args=[record.pk])
    form = opened(ada, there).form("title")
    changed = {"sid": "HXSG1602345782SG"} if what == "account" else {"api_domain": "sg.kaleyra.io"}
    assert ada.post(there, {**form.fields, **changed}).status_code == 302
    page = opened(ada, hub)
    assert 'data-state="wrong"' not in page.html and "One press. Nothing is sent" in page.html
