"""Fixtures that check a page with axe-core, in both themes and at several widths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).with_name("axe.min.js")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """axe(page): serious and critical findings of axe-core by WCAG 2.0 to 2.2, A and AA.

    axe(page, rules=["color-contrast"]) checks these rules only.
    """

    def axe(page: Page, rules: list[str] | None = None) -> list[str]:
        page.wait_for_function(
            "document.readyState == 'complete' && document.fonts.status == 'loaded'"
            " && !document.querySelector('html[x-cloak]')"
        )
        if not page.evaluate("'axe' in window"):
            # Not a script of the page: the CSP does not block it.
            page.evaluate(AXE.read_text())
        # axe takes a target for too small that a bar at the window's edge covers in part. At
        # the end of the page the bar stands in its own place and covers nothing.
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        by_rule, by_tag = {"type": "rule", "values": rules}, {"type": "tag", "values": AXE_TAGS}
        options = {"runOnly": by_rule if rules else by_tag, "resultTypes": ["violations"]}
        found = page.evaluate("options => axe.run(options)", options)
        return [
            f"{finding['id']}: {node['target'][0]} {' '.join(node['failureSummary'].split())}"
            for finding in found["violations"]
            if finding["impact"] in {"serious", "critical"}
            for node in finding["nodes"]
        ]

    return axe


SHOW_IN_THEME = """theme => {
    document.documentElement.classList.remove("light", "dark");
    document.documentElement.classList.add(theme);
    document.body.offsetHeight;
    document.getAnimations().forEach(each => each.finish());
}"""
"""Ends the transition between the themes, during which the colours are between both."""


@pytest.fixture
def faults(
    page: Page, live_server: Any, axe: Callable[..., list[str]], look: Callable[..., Path]
) -> Callable[..., dict[str, list[str]]]:
    """faults(["/history/", …]): barriers on each page.

    At the width of a desktop and of a phone, light and dark, and at 400 %.
    """

    def faults(addresses: Sequence[str], name: str = "") -> dict[str, list[str]]:
        return {
            address: found
            for address in addresses
            if (found := faults_of(address, name or address.strip("/").replace("/", "-")))
        }

    def faults_of(address: str, name: str) -> list[str]:
        if address:
            page.goto(live_server.url + address)
        found = []
        for width, theme in [(1440, "light"), (1440, "dark"), (360, "dark")]:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(SHOW_IN_THEME, theme)
            # Themes differ in colours only: all rules once for each width, then the colours alone.
            whole = (width, theme) != (1440, "dark")
            rules = None if whole else ["color-contrast"]
            found += [f"{width} {theme}: {fault}" for fault in axe(page, rules)]
            if whole:
                look(page, f"{name or 'page'}-{theme}-{width}")
        return found + _sideways_scrolling(page)

    return faults


def _sideways_scrolling(page: Page) -> list[str]:
    """At 400 % of 1280 by 1024 pixels."""
    page.set_viewport_size({"width": 320, "height": 256})
    scrolls = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    return ["320: scrolls sideways"] if scrolls else []


@pytest.fixture
def look(pytestconfig: pytest.Config) -> Callable[[Page, str], Path]:
    """look(page, name): a picture of the whole page in test-results/, which each run empties."""

    def look(page: Page, name: str) -> Path:
        picture = Path(pytestconfig.getoption("--output")) / f"{name}.png"
        page.screenshot(path=picture, full_page=True, animations="disabled")
        return picture

    return look
