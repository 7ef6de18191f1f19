"""Results of an account: its address, what to enter at Kaleyra, rotating, and the self-test."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from invocations.models import Callback, CallbackAddress, TrailRow
from invocations.results import endpoints, inbox
from invocations.results.endpoints import SECRET_HEADER
from tests.views.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(account):
    return reverse("callback_setup", args=[account.pk])


def press(browser, there, action):
    return words_of(browser.post(there, {"action": action}, follow=True))


def test_the_address_is_made_by_a_button_and_says_who_pressed_it(ada, there, account):
    assert "No address yet" in words_of(ada.get(there))
    assert CallbackAddress.objects.count() == 0
    assert "The address is made." in press(ada, there, "make")
    assert endpoints.current_address(account).created_by == ada.person


def test_every_value_that_kaleyra_asks_for_is_there_to_copy(ada, there, address, settings):
    settings.ALLOWED_HOSTS = ["console.example.com"]
    page = ada.get(there, headers={"host": "console.example.com"}, secure=True)
    html, said = page.content.decode(), words_of(page)
    url = f"https://console.example.com/callbacks/{address.token}/"
    copies = set(re.findall(r'data-copy="(.+?)"', html))
    assert {url, SECRET_HEADER, "Fallback console"} <= copies
    assert '{"workflowevent":"<workflowevent>"}' in said and '{"workflowevent":""}' in said
    assert "Default – No channel selected" in said and "POST" in said
    assert f"ends in {address.secret[-4:]}" in said and address.secret not in html
    assert "not opened over https" not in said and "cannot reach" not in said
    assert page.headers["Cache-Control"] == "no-store"


def test_the_values_are_those_that_the_endpoint_takes(ada, there, account):
    html = ada.post(there, {"action": "make"}).content.decode()
    url, secret = (
        re.search(r'data-copy="(http.+?)"', html)[1],
        re.search(r'<code id="secret">(.+?)</code>', html)[1],
    )
    path = url.removeprefix("http://testserver").removeprefix("https://testserver")
    answer = Client().post(
        path,
        b'{"workflowInvocationId":"w"}',
        content_type="application/json",
        headers={SECRET_HEADER: secret},
    )
    assert answer.status_code == 200
    assert Callback.objects.get().account == account
    assert "none yet" not in words_of(ada.get(there))


@pytest.mark.parametrize("action", ["make", "rotate"])
def test_the_secret_is_shown_once_in_the_answer_to_the_press(ada, there, account, action):
    if action == "rotate":
        endpoints.ensure_address(account, by=None)
    answer = ada.post(there, {"action": action})
    secret = endpoints.current_address(account).secret
    assert f'<code id="secret">{secret}</code>' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    again = ada.post(there, {"action": action}, follow=True).content.decode()
    assert secret not in again and secret not in ada.get(there).content.decode()
    assert endpoints.current_address(account).secret == secret


def test_a_new_secret_and_an_ended_address_stand_in_the_trail(ada, there, account):
    for action in ["make", "test", "rotate", "end", "end"]:
        ada.post(there, {"action": action})
    told = TrailRow.objects.filter(verb__startswith="callback_").order_by("pk")
    rows = told.values_list("verb", "who_name", "about_id")
    made, ended = "callback_secret_made", "callback_secret_ended"
    verbs = (made, "callback_tested", made, ended)
    assert list(rows) == [(verb, "ada", str(account.pk)) for verb in verbs]


@pytest.mark.parametrize(
    ("host", "secure", "told"),
    [
        ("localhost", False, "cannot reach this host"),
        ("console.example.com", False, "not opened over https"),
    ],
)
def test_an_address_that_kaleyra_cannot_use_is_told(
    ada, there, address, settings, host, secure, told
):
    settings.ALLOWED_HOSTS = [host]
    assert told in words_of(ada.get(there, headers={"host": host}, secure=secure))


def test_the_curl_line_names_the_secret_as_a_variable(ada, there, address):
    line = re.search(
        r'<pre class="code wrap" id="curl".*?>(.+?)</pre>',
        ada.get(there).content.decode(),
        re.DOTALL,
    )[1]
    assert address.token in line and "$CALLBACK_SECRET" in line and address.secret not in line


def test_rotating_keeps_the_old_one_until_it_is_ended(ada, there, account, address):
    assert "works until you end it" in press(ada, there, "rotate")
    assert endpoints.previous_address(account) == address
    assert "End it first" in press(ada, there, "rotate")
    assert "is ended" in press(ada, there, "end")
    assert endpoints.previous_address(account) is None
    assert endpoints.current_address(account) != address
    assert "no other address" in press(ada, there, "end")


def test_the_self_test_passes_and_keeps_nothing(ada, there, address):
    assert "The console takes a result at this address" in press(ada, there, "test")
    assert Callback.objects.count() == 0
    assert CallbackAddress.objects.get().last_used_at is None


def test_the_self_test_says_when_the_console_could_not_keep_a_result(
    ada, there, address, monkeypatch
):
    def broken(account, body):
        raise RuntimeError("no room")

    monkeypatch.setattr(inbox, "store_result", broken)
    assert "could not keep a result" in press(ada, there, "test")


def test_the_self_test_says_when_a_wrong_secret_is_let_in(ada, there, address, monkeypatch):
    monkeypatch.setattr(endpoints, "authorised_address", lambda token, headers: address)
    assert "accepts a wrong secret" in press(ada, there, "test")


def test_without_an_address_there_is_nothing_to_test_and_a_strange_button_does_nothing(ada, there):
    assert "no address to test" in press(ada, there, "test")
    assert "No address yet" in press(ada, there, "launch")


def test_an_address_that_cannot_be_decrypted_is_told_and_can_be_rotated(
    ada, there, account, address, settings
):
    settings.FIELD_ENCRYPTION_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QtbG8="]
    assert "cannot be decrypted" in words_of(ada.get(there))
    assert "cannot be decrypted" in press(ada, there, "test")
    press(ada, there, "rotate")
    assert "Enter it at Kaleyra" in words_of(ada.get(there))


def test_the_secret_stands_on_no_other_page(ada, account, workflow, address):
    for name, record in [
        ("account", account),
        ("workflowinstance", workflow),
        ("apikey", account.primary_key),
    ]:
        html = ada.get(
            reverse(f"admin:invocations_{name}_change", args=[record.pk])
        ).content.decode()
        assert address.secret not in html and address.token not in html


def test_the_pages_of_account_and_workflow_lead_here(ada, there, account, workflow):
    assert there in ada.get(reverse("account_hub", args=[account.pk])).content.decode()
    page = reverse("workflow", args=[workflow.pk])
    assert there in ada.get(page).content.decode()


def test_it_says_which_workflows_report(ada, there, workflow):
    assert "No result yet" in words_of(ada.get(there))
    workflow.expects_callback = True
    workflow.save()
    assert "Results arrive" in words_of(ada.get(there))
