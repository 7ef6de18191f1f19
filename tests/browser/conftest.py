"""Drives the console in Debian's Chromium, against pytest-django's live server, under the console's own policy (CSP).

`page` is a browser page that fails its test over anything a user's console would show as wrong. A test signs people in
with `sign_in(page, user)`, asks `axe(page)` what is hard to use, and keeps pictures with `look(page, "name")`.
`@in_both_themes` and `@at_both_widths` run a test in each. The database is emptied after each test, the rows of
migrations (pods) included: a test makes what it needs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

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
        pytest.fail("The browser tests need Chromium. On Debian: apt-get install chromium fonts-liberation", pytrace=False)
    quiet = [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return {"executable_path": chromium, "args": quiet}


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
    return {"color_scheme": theme, "viewport": {"width": width, "height": 900}, "locale": "en-GB", "timezone_id": "Asia/Singapore"}


@pytest.fixture
def complaints() -> list[str]:
    """What `page` holds against the pages it has seen. A test that provokes a complaint takes it out of this list."""
    return []


@pytest.fixture
def page(context: BrowserContext, live_server: Any, complaints: list[str]) -> Iterator[Page]:
    """A page that fails the test over a page error, a console error, a violation of the policy or a foreign host."""
    page = context.new_page()
    page.set_default_timeout(10_000)

    def hear(message: ConsoleMessage) -> None:
        # The page itself may be a 403 or 404: its test looks at it. Whatever the page loads may not.
        if message.type == "error" and not (message.text.startswith("Failed to load resource") and message.location["url"] == page.url):
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
    """sign_in(page, user): through the real form; the user's password is set to PASSWORD."""

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
def axe() -> Callable[[Page], list[str]]:
    """axe(page): what axe-core finds serious or critical by WCAG 2.0 to 2.2, A and AA; one sentence each."""

    def axe(page: Page) -> list[str]:
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text())  # not a script of the page, so the policy does not block it
        found = page.evaluate("rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", AXE_RULES)
        return [
            f"{finding['id']}: {node['target'][0]} {' '.join(node['failureSummary'].split())}"
            for finding in found["violations"]
            if finding["impact"] in {"serious", "critical"}
            for node in finding["nodes"]
        ]

    return axe


@pytest.fixture
def look(pytestconfig: pytest.Config, theme: str, width: int) -> Callable[[Page, str], Path]:
    """look(page, name): keeps a picture of the whole page in test-results/, for people to look at. Each run begins with none."""

    def look(page: Page, name: str) -> Path:
        picture = Path(pytestconfig.getoption("--output")) / f"{name}-{theme}-{width}.png"
        page.screenshot(path=picture, full_page=True, animations="disabled")
        return picture

    return look
