"""What a person does in many tests: fill in "Order delayed", review it and send it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from invocations.sandbox.server import PracticePod

in_both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
at_both_widths = pytest.mark.parametrize("width", [1440, 360])

VALUES = {
    "First name": "Asha",
    "Order number": "KF-20418",
    "New delivery day": "Thu 26 November",
}
SENT = {
    "send1": {
        "01": "Asha",
        "02": "KF-20418",
        "03": "Thu 26 November",
        "#param_header#": "KF-20418",
        "#param_url#": "KF-20418",
    },
    "send2": {"01": "Asha", "02": "KF-20418", "03": "Thu 26 November"},
}
"""The input of "Order delayed" for VALUES."""


def fill_in(page: Page, number: str = "+91 98765 43202") -> None:
    """Fills in the form of "Order delayed" with VALUES."""
    page.get_by_label("Phone number").first.fill(number)
    for label, value in VALUES.items():
        page.get_by_label(label, exact=True).first.fill(value)


def review(page: Page) -> None:
    page.get_by_role("button", name="Review").click()
    page.get_by_role("heading", name="Check, then").wait_for()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send 1 practice message").click()
    page.wait_for_url("**/history/*/")


def sent_by(receiver: PracticePod) -> dict[str, Any]:
    """The JSON that the receiver got, in exactly one request."""
    [request] = receiver.wait_for(1)
    body: dict[str, Any] = json.loads(request.body)
    return body
