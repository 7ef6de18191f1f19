"""Drives the console in Debian's Chromium, against pytest-django's live server, under the console's own policy (CSP).

`page` is a browser page that fails its test over anything a user's console would show as wrong. A test signs people in
with `sign_in(page, user)`, asks `faults([address, …])` what is hard to use (axe, both themes, a phone's width, 400 %), and
keeps pictures with `look(page, "name")`. `@in_both_themes` and `@at_both_widths` run a test in each. The database is
emptied after each test: a test makes what it needs (`demo`, `plain`), and the migrations' rows are put back (`db`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from invocations.models import Channel, WorkflowInstance
from invocations.sandbox.server import PracticePod

# Playwright runs an event loop in this thread; Django would refuse the database here because of it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PASSWORD = "a password for tests"
AXE = Path(__file__).with_name("axe.min.js")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

in_both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
at_both_widths = pytest.mark.parametrize("width", [1440, 360])


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
    # Playwright would have Back load each page anew. At people's desks a page may come back as it was left.
    return {
        "executable_path": chromium,
        "args": quiet,
        "ignore_default_args": ["--disable-back-forward-cache"],
    }


expect.set_options(timeout=15_000)


@pytest.fixture
def theme() -> str:
    """What the operating system prefers: light or dark. `@in_both_themes` gives both."""
    return "light"


@pytest.fixture
def width() -> int:
    """Of the window, in CSS pixels. `@at_both_widths` gives a desk's and a phone's."""
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
    """What `page` holds against the pages it has seen. A test that provokes a complaint takes it out of this list."""
    return []


@pytest.fixture
def page(context: BrowserContext, live_server: Any, complaints: list[str]) -> Iterator[Page]:
    """A page that fails the test over a page error, a console error, a violation of the policy or a foreign host."""
    page = context.new_page()
    page.set_default_timeout(30_000)

    def hear(message: ConsoleMessage) -> None:
        # The page itself may be a 403 or 404: its test looks at it. Whatever the page loads may not.
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
    yield page
    page.close()
    assert not complaints, "The browser complains:\n" + "\n".join(dict.fromkeys(complaints))


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, Any], None]:
    """sign_in(page, user): with a session of theirs, without the form. (`test_shell` and `test_main_journey` go through the form.)"""

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
    """sign_in_by_form(page, user): as a person does; the user's password is set to PASSWORD."""

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
    """She is on the phone with a customer: of the group Support."""
    meera = User.objects.create_user("meera", first_name="Meera", last_name="Iyer", is_staff=True)
    meera.groups.set(Group.objects.filter(name="Support"))
    return meera


@pytest.fixture
def demo(meera: User, receiver: PracticePod) -> dict[str, WorkflowInstance]:
    """The practice account at the receiver with the demo's workflows, by title: "Order delayed" (five values), "One-time passcode"."""
    call_command("demo", api_domain=receiver.api_domain)
    return {workflow.title: workflow for workflow in WorkflowInstance.objects.all()}


@pytest.fixture
def plain(demo: dict[str, WorkflowInstance]) -> WorkflowInstance:
    """A workflow whose texts are not stored: the free editor asks for its values."""
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


VALUES = {
    "First name": "Asha",
    "Order number": "KF-20418",
    "New delivery day": "Thu 26 November",
    "Order number in the header": "KF-20418",
    "Tracking link ends in": "kf-20418",
}
SENT = {
    "send1": {
        "01": "Asha",
        "02": "KF-20418",
        "03": "Thu 26 November",
        "#param_header#": "KF-20418",
        "#param_url#": "kf-20418",
    },
    "send2": {"01": "Asha", "02": "KF-20418", "03": "Thu 26 November"},
}
"""What "Order delayed" sends, filled in with VALUES."""


def fill_in(page: Page, number: str = "+91 98765 43202") -> None:
    """The form of "Order delayed"."""
    page.get_by_label("Phone number").first.fill(number)
    for label, value in VALUES.items():
        page.get_by_label(label, exact=True).first.fill(value)


def review(page: Page) -> None:
    page.get_by_role("button", name="Review").click()
    page.get_by_role("heading", name="Check before it goes").wait_for()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send 1 invocation").click()
    page.wait_for_url("**/history/*/")


def sent_by(receiver: PracticePod) -> dict[str, Any]:
    """What the receiver got, which has to be one request."""
    [request] = receiver.wait_for(1)
    body: dict[str, Any] = json.loads(request.body)
    return body


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """axe(page): what axe-core finds serious or critical by WCAG 2.0 to 2.2, A and AA; one sentence each.

    axe(page, rules=["color-contrast"]) asks for these rules alone.
    """

    def axe(page: Page, rules: list[str] | None = None) -> list[str]:
        page.wait_for_function(
            "document.readyState == 'complete' && document.fonts.status == 'loaded' && !document.querySelector('html[x-cloak]')"
        )
        if not page.evaluate("'axe' in window"):
            page.evaluate(
                AXE.read_text()
            )  # not a script of the page, so the policy does not block it
        options = {
            "runOnly": {"type": "rule", "values": rules}
            if rules
            else {"type": "tag", "values": AXE_RULES},
            "resultTypes": ["violations"],
        }
        found = page.evaluate("options => axe.run(options)", options)
        return [
            f"{finding['id']}: {node['target'][0]} {' '.join(node['failureSummary'].split())}"
            for finding in found["violations"]
            if finding["impact"] in {"serious", "critical"}
            for node in finding["nodes"]
        ]

    return axe


@pytest.fixture
def faults(
    page: Page, live_server: Any, axe: Callable[..., list[str]], look: Callable[..., Path]
) -> Callable[..., dict[str, list[str]]]:
    """faults(["/history/", …]): what is hard to use on each page, on a desk and on a phone, light and dark, and at 400 %."""

    def faults(addresses: Sequence[str], name: str = "") -> dict[str, list[str]]:
        return {
            address: found
            for address in addresses
            if (found := of(address, name or address.strip("/").replace("/", "-")))
        }

    # Without the transition between the two, in which no colour is right.
    show_in = """theme => {
        document.documentElement.classList.remove("light", "dark");
        document.documentElement.classList.add(theme);
        document.body.offsetHeight;
        document.getAnimations().forEach(each => each.finish());
    }"""

    def of(address: str, name: str) -> list[str]:
        if address:
            page.goto(live_server.url + address)
        found = []
        for width, theme in [(1440, "light"), (1440, "dark"), (360, "dark")]:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(show_in, theme)
            # Themes differ in colours alone: one whole run for each width, and the colours of the other theme.
            whole = (width, theme) != (1440, "dark")
            found += [
                f"{width} {theme}: {fault}"
                for fault in axe(page, None if whole else ["color-contrast"])
            ]
            if whole:
                look(page, f"{name or 'page'}-{theme}-{width}")
        page.set_viewport_size({"width": 320, "height": 256})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("320: scrolls sideways")
        page.set_viewport_size({"width": 1440, "height": 900})
        return found

    return faults


@pytest.fixture
def look(pytestconfig: pytest.Config) -> Callable[[Page, str], Path]:
    """look(page, name): keeps a picture of the whole page in test-results/, for people to look at. Each run begins with none."""

    def look(page: Page, name: str) -> Path:
        picture = Path(pytestconfig.getoption("--output")) / f"{name}.png"
        page.screenshot(path=picture, full_page=True, animations="disabled")
        return picture

    return look
