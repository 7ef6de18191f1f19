"""The pages in a browser: an app, passkeys (a virtual authenticator) and single sign-on.

`page` fails its test over anything that the policy forbids, and over any error.
"""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.conftest import (  # noqa: F401  (fixtures)
    axe,
    browser_context_args,
    browser_type_launch_args,
    complaints,
    faults,
    look,
    page,
    sign_in,
    theme,
    width,
)

from .conftest import PASSWORD, code_of, person_of


@pytest.fixture
def boss(live_server, db):
    """An admin, as the base of these tests: their pages have the most."""
    return person_of("boss", "Admin")


@pytest.fixture
def authenticator(page):  # noqa: F811
    """A key inside the machine, with a finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield session, made["authenticatorId"]
    session.detach()


def log_in(page, live_server, person):  # noqa: F811
    page.goto(f"{live_server.url}/login/")
    page.get_by_label("Username").fill(person.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_out(page, live_server):  # noqa: F811
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login/")


def add_passkey(page, live_server):  # noqa: F811
    page.goto(f"{live_server.url}/me/passkeys/add/")
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("My laptop")).to_be_visible()


def test_an_app_is_set_up_by_its_picture_and_asked_for_at_the_next_sign_in(
    page,  # noqa: F811
    live_server,
    boss,
):
    log_in(page, live_server, boss)
    page.goto(f"{live_server.url}/me/")
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Set up an app").click()
    picture = page.get_by_role("img", name=re.compile("as a picture"))
    assert picture.evaluate("each => each.complete && each.naturalWidth > 100")
    secret = page.locator("code.breaks").inner_text()
    page.get_by_label("Code").fill(code_of(secret, -1))
    page.get_by_role("button", name="Set up the app").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    log_out(page, live_server)
    log_in(page, live_server, boss)
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{live_server.url}/")


def test_a_passkey_alone_signs_in(page, live_server, boss, authenticator):  # noqa: F811
    log_in(page, live_server, boss)
    add_passkey(page, live_server)
    log_out(page, live_server)
    page.goto(f"{live_server.url}/login/?next=/me/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(f"{live_server.url}/me/")


def test_a_passkey_is_a_second_step(page, live_server, boss, authenticator):  # noqa: F811
    log_in(page, live_server, boss)
    add_passkey(page, live_server)
    log_out(page, live_server)
    log_in(page, live_server, boss)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{live_server.url}/")


def test_a_passkey_proves_who_it_is_before_a_deed(
    page,  # noqa: F811
    live_server,
    boss,
    authenticator,
):
    log_in(page, live_server, boss)
    add_passkey(page, live_server)
    forget_proofs()
    page.goto(f"{live_server.url}/me/second-factor/app/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{live_server.url}/me/second-factor/app/")


def forget_proofs():
    from invocations.access.session_store import SessionStore
    from invocations.models import BrowserSession

    for row in BrowserSession.objects.exclude(person=None):
        content = SessionStore().decode(row.session_data)
        content.pop("proved_at", None)
        row.session_data = SessionStore().encode(content)
        row.save(update_fields=["session_data"])


def test_a_key_without_a_finger_on_it_signs_in_nobody(
    page,  # noqa: F811
    live_server,
    boss,
    authenticator,
):
    log_in(page, live_server, boss)
    add_passkey(page, live_server)
    log_out(page, live_server)
    session, key = authenticator
    wrong = {"authenticatorId": key, "isUserVerified": False}
    session.send("WebAuthn.setUserVerified", wrong)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("The browser gave no passkey")).to_be_visible()


def test_single_sign_on_leads_there_and_back(
    page,  # noqa: F811
    live_server,
    db,
    provider,
    complaints,  # noqa: F811
):
    page.goto(f"{live_server.url}/login/?next=/me/")
    page.get_by_role("button", name="Log in with single sign-on").click()
    page.wait_for_url(f"{live_server.url}/me/")
    expect(page.get_by_text("Priya Nair").first).to_be_visible()
    complaints[:] = [each for each in complaints if provider.issuer not in each]


def test_a_passkey_does_not_lead_past_the_provider(
    page,  # noqa: F811
    live_server,
    db,
    provider,
    authenticator,
    complaints,  # noqa: F811
):
    page.goto(f"{live_server.url}/login/")
    page.get_by_role("button", name="Log in with single sign-on").click()
    page.wait_for_url(f"{live_server.url}/")
    add_passkey(page, live_server)
    log_out(page, live_server)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("You sign in with single sign-on.")).to_be_visible()
    complaints[:] = [each for each in complaints if provider.issuer not in each]


def test_step_up_at_the_provider_with_a_form_that_waits(
    page,  # noqa: F811
    live_server,
    db,
    provider,
    complaints,  # noqa: F811
):
    page.goto(f"{live_server.url}/login/")
    page.get_by_role("button", name="Log in with single sign-on").click()
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/me/second-factor/app/")
    page.get_by_label("Code").fill("123456")
    forget_proofs()
    page.get_by_role("button", name="Set up the app").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Sign in anew with single sign-on").click()
    opened.value.wait_for_url(f"{live_server.url}/")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Code")).to_have_value("123456")
    complaints[:] = [each for each in complaints if provider.issuer not in each]


def test_the_pages_have_no_barriers(
    page,  # noqa: F811
    live_server,
    boss,
    authenticator,
    faults,  # noqa: F811
):
    assert not faults(["/login/"], "extra-login")
    log_in(page, live_server, boss)
    add_passkey(page, live_server)
    key = User.objects.get(username="boss").authenticator_set.get(type="webauthn").pk
    own, keys = "/me/second-factor/", f"/me/passkeys/{key}/"
    pages = [own, f"{own}app/", "/me/recovery-codes/", "/me/recovery-codes/new/"]
    assert not faults([*pages, "/me/passkeys/add/", f"{keys}name/", f"{keys}remove/"])
    forget_proofs()
    assert not faults(["/prove/?next=/me/"], "extra-prove")
    log_out(page, live_server)
    log_in(page, live_server, boss)
    assert not faults([""], "extra-second-step")
