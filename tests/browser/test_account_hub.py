"""An admin sets up an account from nothing, led by its hub; the hub in all its states."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import expect

from invocations.models import Account, ApiKey, CallbackAddress, Pod
from invocations.sending import pause
from tests.conftest import KEY


@pytest.fixture
def devika(db, django_user_model):
    devika = django_user_model.objects.create_user("devika", first_name="Devika", is_staff=True)
    devika.groups.set(Group.objects.filter(name="Admin"))
    return devika


def test_the_hub_leads_from_no_account_to_a_checked_key(
    page, live_server, sign_in, devika, receiver
):
    Pod.objects.create(code="PRACTICE", title="Practice pod", api_domain=receiver.api_domain)
    sign_in(page, devika)
    page.goto(f"{live_server.url}/invocations/account/")
    page.get_by_role("main").get_by_role("link", name="Add account").click()
    page.get_by_label("Title").fill("Practice")
    page.get_by_label("Region").select_option(label=f"Practice pod: {receiver.api_domain}")
    page.get_by_label("SID").fill("HXPRACTICE01IN")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".badge", has_text="Being set up: no API key")).to_be_visible()
    page.get_by_role("link", name="Add the key").click()
    expect(page.locator("#id_account")).to_be_disabled()
    page.get_by_label("Title").fill("Console")
    page.locator("#id_new_key").fill(KEY)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Check the key").click()
    expect(page.get_by_text("The key works")).to_be_visible()
    expect(page.locator("[aria-current=step] h4")).to_have_text("Results address")
    page.get_by_role("link", name="Set it up").click()
    page.get_by_role("button", name="Make the address").click()
    page.get_by_role("link", name="Back to the account").click()
    expect(page.locator("[aria-current=step] h4")).to_have_text("Workflow")
    page.get_by_role("main").get_by_role("link", name="Add it").click()
    expect(page.locator("#id_account")).to_have_value(str(Account.objects.get().pk))


def test_the_hub_in_all_its_states(page, live_server, sign_in, devika, demo, faults):
    account = demo["Order delayed"].account
    hub = f"/accounts/{account.pk}/"
    sign_in(page, devika)
    assert faults([hub], "hub-practice") == {}
    page.goto(live_server.url + hub)
    page.locator("summary", has_text="More").click()
    expect(page.get_by_role("link", name="Delete the account")).to_be_in_viewport()
    assert faults([f"{hub}pause/"]) == {}
    pause.pause_or_resume(account, ["credentials"])
    ApiKey.objects.update(last_refused_at=timezone.now())
    CallbackAddress.objects.update(profile_state="off", profile_seen_at=timezone.now())
    assert faults([hub], "hub-wrong") == {}
    new = Account.objects.create(
        title="Kaveri Foods, Singapore", pod=Pod.objects.get(code="SG"), sid="HXSG1602345781SG"
    )
    assert faults([f"/accounts/{new.pk}/"], "hub-new") == {}
