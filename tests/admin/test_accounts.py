"""Admin pages of accounts: errors, warnings, lists and pauses."""

import pytest
from django.urls import reverse

from invocations.models import Account, Pod
from invocations.sending import rate_limit
from invocations.sending.pause import stop_everything
from tests.admin.pages import errors, messages_of

ACCOUNTS = reverse("admin:invocations_account_changelist")
ADD_ACCOUNT = reverse("admin:invocations_account_add")


@pytest.fixture
def add_account(ada, db):
    def add(sid, pod="IN", **more):
        fields = {
            "title": "New",
            "pod": Pod.objects.get(code=pod).pk,
            "sid": sid,
            "sends_per_second": 10,
            "retry_ambiguous": "same_id",
            "values_kept_days": 90,
        }
        return ada.post(ADD_ACCOUNT, fields | more, follow=True)

    return add


@pytest.mark.parametrize("sid", ["HX/../x", "HX 1IN", "HX1?", "абвг", "HX1"])
def test_a_sid_that_does_not_fit_a_url_is_refused(add_account, sid):
    assert "Only letters and digits" in errors(add_account(sid))


@pytest.mark.parametrize("sid", ["AB00000097IN", "HXAP160000009700", "hxap1600000097in"])
def test_an_unusual_sid_is_saved_with_a_warning(add_account, sid):
    assert "usually begin with HX" in messages_of(add_account(sid))
    assert Account.objects.get().sid == sid


def test_a_usual_sid_gets_no_warning(add_account):
    messages = messages_of(add_account("HXAP16000097IN"))
    assert "usually" not in messages and "looks like" not in messages


def test_a_sid_of_another_pod_gets_a_warning(add_account):
    assert "looks like a SID of the IN pod, but the account is in the EU pod" in messages_of(
        add_account("HXAP16000097IN", pod="EU")
    )


def test_a_repeated_sid_in_a_pod_is_refused(add_account, kaleyra):
    assert "already exists" in errors(add_account(kaleyra.account.sid))


def test_after_adding_an_account_its_hub_asks_for_the_key(add_account):
    response = add_account("HXAP16000097IN")
    account = Account.objects.get()
    assert response.redirect_chain[-1][0] == reverse("account_hub", args=[account.pk])
    assert response.context["progress"].current.name == "key"


def test_the_list_leads_to_the_hub_and_never_says_that_a_keyless_account_sends(ada, kaleyra):
    hub = reverse("account_hub", args=[kaleyra.account.pk])
    html = ada.get(ACCOUNTS).content.decode()
    assert f'href="{hub}"' in html and "Ready" in html
    kaleyra.key.delete()
    html = ada.get(ACCOUNTS).content.decode()
    assert "Being set up: no API key" in html and "Ready" not in html


def test_a_form_returns_to_the_page_that_its_link_names(ada, kaleyra):
    hub, fields = (
        reverse("account_hub", args=[kaleyra.account.pk]),
        {"code": "IN", "title": "India"},
    )
    page = reverse("admin:invocations_pod_change", args=[kaleyra.pod.pk])
    fields["api_domain"] = kaleyra.pod.api_domain
    assert ada.post(f"{page}?next={hub}", fields).headers["Location"] == hub
    elsewhere = ada.post(f"{page}?next=https://evil.example/", fields).headers["Location"]
    assert elsewhere == reverse("admin:invocations_pod_changelist")
    assert ada.post(f"{page}?next=//evil.example/", fields).headers["Location"] == elsewhere


def test_the_list_shows_a_missing_key_with_a_link_to_add_it(ada, kaleyra):
    kaleyra.key.delete()
    html = ada.get(ACCOUNTS).content.decode()
    assert "No key yet" in html
    assert f"{reverse('admin:invocations_apikey_add')}?account={kaleyra.account.pk}" in html


def save_account(browser, kaleyra, **fields):
    page = reverse("admin:invocations_account_change", args=[kaleyra.account.pk])
    kept = {
        "title": "Acme India",
        "pod": kaleyra.pod.pk,
        "sid": kaleyra.account.sid,
        "sends_per_second": 10,
    }
    days = {"values_kept_days": 90}
    return browser.post(page, kept | {"retry_ambiguous": "same_id"} | days | fields, follow=True)


@pytest.fixture
def paused_by_console(kaleyra):
    """Kaleyra refused the key, so the console paused the account."""
    rate_limit.update_from_attempts(kaleyra.account, [("credentials", None)])
    assert Account.objects.get().is_paused and kaleyra.account.pace.probe_at


def test_a_pause_by_the_console_shows_its_reason(ada, kaleyra, paused_by_console):
    assert "Key refused" in ada.get(ACCOUNTS).content.decode()
    hub = ada.get(reverse("account_hub", args=[kaleyra.account.pk])).content.decode()
    assert "Kaleyra refused the API key together with this SID" in hub


@pytest.mark.parametrize("changes", [{}, {"is_paused": "on", "sid": "HXAP16000098IN"}])
def test_it_resumes_when_the_pause_is_removed_or_the_sid_is_changed(
    ada, kaleyra, paused_by_console, changes
):
    save_account(ada, kaleyra, **changes)
    account = Account.objects.get()
    assert (account.is_paused, account.paused_because) == (False, "")
    assert account.pace.probe_at is None


def test_it_stays_paused_when_another_field_is_changed(ada, kaleyra, paused_by_console):
    save_account(ada, kaleyra, is_paused="on", title="Acme")
    account = Account.objects.get()
    assert (account.title, account.is_paused, account.paused_because) == (
        "Acme",
        True,
        "credentials",
    )


def test_a_pause_by_a_person_stays_when_the_sid_is_changed(ada, kaleyra):
    save_account(ada, kaleyra, is_paused="on", paused_reason="Invoice open")
    save_account(ada, kaleyra, is_paused="on", paused_reason="Invoice open", sid="HXAP16000098IN")
    assert Account.objects.get().is_paused


def test_removing_a_pause_warns_if_the_account_still_cannot_send(ada, kaleyra):
    save_account(ada, kaleyra, is_paused="on", paused_reason="Invoice open")
    stop_everything("A wrong text went out", ada.person)
    assert "Messages leave once all sending is resumed." in messages_of(save_account(ada, kaleyra))
    save_account(ada, kaleyra, is_paused="on", paused_reason="Invoice open")
    kaleyra.key.delete()
    assert (
        "will be paused again by its next message. The account has no primary API key."
        in messages_of(save_account(ada, kaleyra))
    )


def test_a_new_host_of_the_pod_resumes_its_accounts(ada, kaleyra, paused_by_console, settings):
    settings.EXTRA_API_DOMAINS = ["api.new.kaleyra.io"]
    pod = kaleyra.pod
    page = reverse("admin:invocations_pod_change", args=[pod.pk])
    ada.post(page, {"code": pod.code, "title": pod.title, "api_domain": "api.new.kaleyra.io"})
    assert not Account.objects.get().is_paused


def test_the_resume_button_resumes_the_account(ada, rosa, kaleyra, paused_by_console):
    there = reverse("resume", args=[kaleyra.account.pk])
    assert rosa.post(there).status_code == 403 and Account.objects.get().is_paused
    assert "Acme India is resumed" in messages_of(ada.post(there, follow=True))
    assert not Account.objects.get().is_paused
    assert "was not paused" in messages_of(ada.post(there, follow=True))


def test_pausing_gives_a_message_and_is_shown_in_the_list(ada, kaleyra):
    assert "Nothing is sent with Acme India" in messages_of(
        save_account(ada, kaleyra, is_paused="on", paused_reason="Invoice open")
    )
    assert "Paused" in ada.get(ACCOUNTS).content.decode()


def test_resuming_clears_the_reason(ada, kaleyra):
    save_account(ada, kaleyra, is_paused="on", paused_reason="Invoice open")
    assert "Acme India sends again" in messages_of(
        save_account(ada, kaleyra, paused_reason="Invoice open")
    )
    assert Account.objects.get().paused_reason == ""


def test_an_empty_list_explains_what_it_is_for(ada):
    html = ada.get(ACCOUNTS).content.decode()
    assert "No account yet." in html
    assert f'href="{ADD_ACCOUNT}"' in html


def test_a_reviewers_empty_list_has_no_add_button(rosa):
    assert ADD_ACCOUNT not in rosa.get(ACCOUNTS).content.decode()


def test_a_search_without_matches_does_not_say_that_there_are_no_accounts(ada, kaleyra):
    assert "No account yet." not in ada.get(ACCOUNTS, {"q": "nothing like it"}).content.decode()


@pytest.mark.parametrize(
    ("pod", "chosen", "effective"),
    [
        ("IN", "", "IN"),
        ("SG", "", "SG"),
        ("NA", "", "US"),
        ("EU", "", ""),
        ("EU", "DE", "DE"),
        ("IN", "ZZ", ""),
        ("IN", "BR", "BR"),
    ],
)
def test_the_home_country_follows_the_pod_unless_an_admin_chooses(
    add_account, pod, chosen, effective
):
    add_account("HXAP16000097IN", pod, home_country=chosen)
    account = Account.objects.get()
    assert (account.home_country, account.effective_home_country) == (chosen, effective)


def test_a_practice_account_has_no_home_country_by_itself(account):
    account.pod.code = "IN"
    assert account.effective_home_country == ""


def test_countries_are_chosen_by_name_and_the_field_is_explained(ada, db):
    html = ada.get(ADD_ACCOUNT).content.decode()
    assert '<option value="IN">India</option>' in html and "No home country" in html
    assert "Numbers of other countries get a caution." in html


@pytest.mark.parametrize("wrong", ["in", "India", "XX", "001", "Z"])
def test_a_home_country_that_is_none_is_refused(add_account, wrong):
    assert "home_country" in errors(add_account("HXAP16000097IN", home_country=wrong))
    assert not Account.objects.exists()


def test_a_change_of_the_home_country_is_in_the_history(add_account):
    add_account("HXAP16000097IN", home_country="DE")
    assert Account.objects.get().history.get().home_country == "DE"
