"""Drives the console in Debian's Chromium, against pytest-django's live server and its CSP.

`page` is a browser page that fails its test over any error that the browser reports. A test signs
people in with `sign_in(page, user)`, lists barriers with `faults([address, …])` (axe, both themes,
a phone's width, 400 %), and takes pictures with `look(page, "name")`. `@in_both_themes` and
`@at_both_widths` run a test in each. The database is emptied after each test: a test makes what it
needs (`demo`, `plain`), and the rows of the migrations are put back (`db`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from invocations.models import Channel, WorkflowInstance
from invocations.sandbox.server import PracticePod

from .accessibility import axe, faults, look  # noqa: F401  (fixtures)

# Playwright runs an event loop in this thread; Django would refuse the database here because of it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PASSWORD = "a password for tests"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.fail(
            "The browser tests need Chromium. On Debian: apt-get install chromium fonts-liberation",
            pytrace=False,
        )
    quiet = [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    # Playwright disables this cache. In real browsers Back may show a page as it was left.
    return {
        "executable_path": chromium,
        "args": quiet,
        "ignore_default_args": ["--disable-back-forward-cache"],
    }


expect.set_options(timeout=15_000)


@pytest.fixture
def theme() -> str:
    """The preferred colour scheme: light or dark. `@in_both_themes` gives both."""
    return "light"


@pytest.fixture
def width() -> int:
    """Of the window, in CSS pixels. `@at_both_widths` gives a desktop's and a phone's."""
    return 1440


@pytest.fixture
def browser_context_args(theme: str, width: int) -> dict[str, Any]:
    return {
        "color_scheme": theme,
        "viewport": {"width": width, "height": 900},
        "locale": "en-GB",
        "timezone_id": "Asia/Singapore",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def complaints() -> list[str]:
    """Errors that `page` has seen. A test that provokes one removes it from this list."""
    return []


@pytest.fixture
def page(context: BrowserContext, live_server: Any, complaints: list[str]) -> Iterator[Page]:
    """Fails the test over a page error, a console error, a CSP violation or a foreign host."""
    page = _watched_page(context, live_server, complaints)
    yield page
    page.close()
    assert not complaints, "The browser complains:\n" + "\n".join(dict.fromkeys(complaints))


@pytest.fixture
def somebody_elses_page(
    page: Page, new_context: Callable[[], BrowserContext], live_server: Any, complaints: list[str]
) -> Page:
    """Like `page`, in a browser of their own.

    In one browser a request of the page before, such as a poll, may still be answered after the
    next person has signed in. Its answer then sets another CSRF cookie than that of their page.
    """
    return _watched_page(new_context(), live_server, complaints)


def _watched_page(context: BrowserContext, live_server: Any, complaints: list[str]) -> Page:
    page = context.new_page()
    page.set_default_timeout(30_000)

    def hear(message: ConsoleMessage) -> None:
        # The page itself may be a 403 or 404, which its test checks. What it loads may not.
        if message.type == "error" and not (
            message.text.startswith("Failed to load resource")
            and message.location["url"] == page.url
        ):
            complaints.append(f"console: {message.text} ({message.location['url']})")

    def watch(request: Request) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:")):
            complaints.append(f"request to another host: {request.url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"page error on {page.url}: {error}"))
    page.on("request", watch)
    page.expose_function("complain", lambda words: complaints.append(words))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', event => complain("
        "`policy: ${event.effectiveDirective} forbids ${event.blockedURI} ${event.sample}"
        " on ${location.pathname} (${event.sourceFile}:${event.lineNumber})`))"
    )
    return page


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, Any], None]:
    """sign_in(page, user): with a session, without the form.

    `test_shell` and `test_main_journey` sign in by the form.
    """

    def sign_in(page: Page, user: Any) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )

    return sign_in


@pytest.fixture
def sign_in_by_form(live_server: Any) -> Callable[[Page, Any], None]:
    """sign_in_by_form(page, user): by the form; the user's password becomes PASSWORD."""

    def sign_in(page: Page, user: Any) -> None:
        user.set_password(PASSWORD)
        user.save()
        page.goto(f"{live_server.url}/login/")
        page.get_by_label("Username").fill(user.get_username())
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login/" not in url)

    return sign_in


@pytest.fixture
def meera(live_server: Any, db: None) -> User:
    """Support, with the rights that Support had before there were six roles."""
    meera = User.objects.create_user("meera", first_name="Meera", last_name="Iyer", is_staff=True)
    meera.groups.set(Group.objects.filter(name__in=["Support", "Bulk sender"]))
    further = ["send_again", "cancel_of_others"]
    meera.user_permissions.set(Permission.objects.filter(codename__in=further))
    return meera


@pytest.fixture
def demo(meera: User, receiver: PracticePod) -> dict[str, WorkflowInstance]:
    """The demo's workflows by title, for an account at the receiver.

    "Order delayed" has five values; "One-time passcode" is the other.
    """
    call_command("demo", api_domain=receiver.api_domain)
    return {workflow.title: workflow for workflow in WorkflowInstance.objects.all()}


@pytest.fixture
def plain(demo: dict[str, WorkflowInstance]) -> WorkflowInstance:
    """A workflow without template texts: its values are typed in the free editor."""
    account = demo["Order delayed"].account
    plain = WorkflowInstance.objects.create(
        account=account, title="Refund confirmed", workflow_instance_id="refund-confirmed"
    )
    for position, kind in enumerate(["whatsapp", "sms"], start=1):
        Channel.objects.create(
            workflow_instance=plain, position=position, kind=kind, delay_seconds=30
        )
    return plain


@pytest.fixture
def compose(
    page: Page, live_server: Any, sign_in: Callable[[Page, Any], None], meera: User
) -> Callable[..., Page]:
    """compose(workflow): the send page, opened by Meera."""
    sign_in(page, meera)

    def compose(workflow: WorkflowInstance, query: str = "") -> Page:
        page.goto(f"{live_server.url}/send/{workflow.pk}/{query}")
        return page

    return compose
