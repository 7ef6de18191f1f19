"""The shell of all pages: Unfold with a strict CSP, by keyboard, both themes, desktop and phone."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.urls import path
from playwright.sync_api import expect

from fallback_console.urls import urlpatterns as console

from .steps import at_both_widths, in_both_themes

PAGES = [
    "/auth/user/",
    "/auth/user/?q=nobody",
    "/auth/user/add/",
    "/auth/group/add/",
    "/invocations/pod/",
    "/invocations/pod/add/",
    "/invocations/account/add/",
    "/invocations/apikey/add/",
    "/invocations/workflowinstance/",
    "/invocations/workflowinstance/add/",
    "/password_change/",
    "/",
    "/me/",
    "/changes/",
    "/stop/",
    "/history/errors/",
    "/help/statuses/",
]


def broken(request):
    raise RuntimeError("This page is broken on purpose.")


def forbidden(request):
    raise PermissionDenied


@admin.action(description="Greet")
def greet(people_admin, request, people):
    people_admin.message_user(request, f"Hello, {people.count()}")


urlpatterns = [path("broken/", broken), path("forbidden/", forbidden), *console]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def people(page, sign_in, admin_user, live_server):
    """An admin list with search, filters and actions."""
    sign_in(page, admin_user)
    page.goto(f"{live_server.url}/auth/user/")
    return page


def tab_to(page, name):
    """Presses Tab until the element with this label or text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (
            focused.get_attribute("aria-label") or focused.inner_text()
        ):
            return focused
    raise AssertionError(f"Tab never reaches {name!r}")


def test_people_sign_in_and_out_and_a_wrong_password_is_refused_in_words(
    page, live_server, admin_user, sign_in_by_form
):
    page.goto(f"{live_server.url}/login/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Wrong username or password.")).to_be_visible()
    sign_in_by_form(page, admin_user)
    page.get_by_role("button", name="admin").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()


@in_both_themes
def test_the_theme_is_the_systems_until_one_is_chosen(people, theme):
    other = "dark" if theme == "light" else "light"
    assert people.locator("html.dark").count() == (theme == "dark")
    people.get_by_role("button", name="admin").click()
    people.get_by_role("button", name=other.title()).click()
    expect(people.locator(f"html.{other}")).to_have_count(1)
    people.reload()
    expect(people.locator(f"html.{other}")).to_have_count(1)


def test_the_menu_is_folded_by_keyboard_and_stays_folded(people):
    toggle = tab_to(people, "Show or hide the menu")
    people.keyboard.press("Enter")
    expect(people.locator("#nav-sidebar")).to_be_hidden()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    people.reload()
    expect(people.locator("#nav-sidebar")).to_be_hidden()


@pytest.mark.parametrize("width", [360])
def test_on_a_phone_the_menu_takes_the_focus_and_escape_gives_it_back(people):
    toggle = tab_to(people, "Menu")
    people.keyboard.press("Enter")
    expect(people.locator("#nav-sidebar a:focus")).to_be_visible()
    people.keyboard.press("Escape")
    expect(people.locator("#nav-sidebar")).to_be_hidden()
    expect(toggle).to_be_focused()


def test_the_skip_link_the_account_menu_and_the_filters_work_by_keyboard(people):
    people.keyboard.press("Tab")
    expect(people.get_by_role("link", name="Skip to content")).to_be_focused()
    people.keyboard.press("Enter")
    expect(people.get_by_role("main")).to_be_focused()

    people.reload()
    account = tab_to(people, "admin")
    people.keyboard.press("Enter")
    expect(people.get_by_role("button", name="Light")).to_be_focused()
    people.keyboard.press("Escape")
    expect(people.get_by_role("button", name="Log out")).to_be_hidden()
    expect(account).to_be_focused()

    filters = tab_to(people, "Filters")
    people.keyboard.press("Space")
    expect(people.locator("#changelist-filter :focus")).to_be_visible()
    people.keyboard.press("Escape")
    expect(people.locator("#changelist-filter")).to_be_hidden()
    expect(filters).to_be_focused()


def test_chosen_rows_offer_their_actions(people, monkeypatch):
    monkeypatch.setattr(admin.site.get_model_admin(User), "actions", [greet])
    people.reload()
    people.locator("input.action-select").first.check()
    bar = people.locator("#changelist-actions")
    expect(bar).to_be_visible()
    bar.get_by_role("combobox").select_option("greet")
    bar.get_by_role("button", name="Run").click()
    expect(people.get_by_text("Hello")).to_be_visible()


def test_two_keys_lead_to_the_search_box_which_posts_and_opens_the_only_hit(people, faults):
    asked = []
    people.on("request", lambda request: asked.append(request.url))
    people.keyboard.press("Control+k")
    expect(people.locator("#find-top")).to_be_focused()
    assert faults([""], "find-top") == {}
    people.locator("#find-top").blur()
    people.keyboard.press("/")
    expect(people.locator("#find-top")).to_be_focused()
    people.keyboard.type("a/b")
    expect(people.locator("#find-top")).to_have_value("a/b")
    people.keyboard.press("Control+k")
    people.keyboard.type("pods")
    people.keyboard.press("Enter")
    people.wait_for_url("**/invocations/pod/")
    people.keyboard.press("Control+k")
    people.keyboard.type("+91 80612 34581")
    people.keyboard.press("Enter")
    expect(people.get_by_text("Nothing found.")).to_be_visible()
    assert faults([""], "found-nothing") == {}
    assert not any("pods" in url or "80612" in url for url in asked)


def test_the_slash_can_be_switched_off(people):
    people.goto(people.url.partition("/auth/")[0] + "/find/")
    people.get_by_role("button", name="Switch “/” off").click()
    people.get_by_role("link", name="History", exact=True).click()
    people.keyboard.press("/")
    expect(people.locator("[data-find]")).not_to_be_focused()
    people.keyboard.press("Control+k")
    expect(people.locator("[data-find]")).to_be_focused()


def test_the_server_learns_the_time_zone(people, context):
    assert {"timezone": "Asia/Singapore"}.items() <= {
        cookie["name"]: cookie["value"] for cookie in context.cookies()
    }.items()


@pytest.mark.parametrize("part", [0, 1])  # side by side on two processors
def test_no_page_of_the_shell_complains_and_axe_is_content(people, faults, part):
    assert faults(PAGES[part::2]) == {}
    expect(people.get_by_role("main")).to_have_count(1)


def test_axe_is_content_with_the_pages_before_signing_in(page, faults, settings, live_server, db):
    settings.PASSWORD_RESET_BY_EMAIL = True
    reset = ["/password_reset/", "/password_reset/sent/", "/password_reset/MQ/x/"]
    assert faults(["/login/", *reset]) == {}


def test_errors_changes_and_help_are_reached_by_keyboard(people):
    for name, heading in [
        ("Errors explained", "Errors explained"),
        ("Changes", "Changes"),
        ("What the words mean", "What the words mean"),
    ]:
        tab_to(people, name)
        people.keyboard.press("Enter")
        expect(people.get_by_role("heading", level=1)).to_contain_text(heading)


def test_the_changes_are_filtered_by_keyboard(people, live_server):
    people.goto(f"{live_server.url}/changes/")
    tab_to(people, "All days")
    people.keyboard.press("Enter")
    tab_to(people, "Last 7 days")
    people.keyboard.press("Enter")
    people.wait_for_url("**/changes/?since=*")
    expect(people.get_by_role("main")).to_contain_text("admin signed in")


def test_a_page_that_cannot_be_shown_says_what_to_do(people, live_server, faults):
    for address, says in [
        ("/nowhere/", "There is no page here"),
        ("/forbidden/", "You may not open this page"),
        ("/broken/", "Look into the history"),
    ]:
        people.goto(live_server.url + address)
        expect(people.get_by_role("main")).to_contain_text(says)
        assert faults([""], "error-" + address.strip("/")) == {}


def test_a_form_without_its_token_says_what_to_do(page, live_server):
    page.goto(f"{live_server.url}/login/")
    page.context.clear_cookies()
    page.locator("#login-form").evaluate("form => form.submit()")
    expect(page.get_by_role("heading", name="The form was not accepted")).to_be_visible()


@at_both_widths
def test_the_shell_works_without_scripts(
    browser, live_server, admin_user, sign_in_by_form, look, width
):
    page = browser.new_page(java_script_enabled=False, viewport={"width": width, "height": 900})
    sign_in_by_form(page, admin_user)
    page.goto(f"{live_server.url}/auth/user/")
    look(page, f"no-script-{width}")
    expect(page.get_by_role("link", name="People")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()
    page.close()


def test_these_tests_notice_what_the_policy_forbids(people, complaints):
    people.evaluate("document.body.setAttribute('style', 'color: red')")
    people.wait_for_timeout(200)
    assert any("style-src" in complaint for complaint in complaints)
    complaints.clear()
