"""The page of a workflow: what is typed while the preview is on its way stays."""

import re

import pytest
from playwright.sync_api import expect

from invocations.models import WorkflowInstance

ANSWER = re.compile("/workflows/[0-9]+/preview/$")


@pytest.fixture
def held(page):
    """held: the first request for the preview, which waits for its answer; later ones pass."""
    waiting = []

    def hold(route):
        if waiting:
            route.continue_()
        else:
            waiting.append(route)

    page.route(ANSWER, hold)
    return waiting


def wait_for(page, waiting):
    while not waiting:
        page.wait_for_timeout(20)


def test_a_name_typed_while_the_table_is_on_its_way_stays(
    page, live_server, sign_in, demo, ada, held
):
    sign_in(page, ada.person)
    WorkflowInstance.objects.update(stage="draft")
    workflow = demo["Order delayed"]
    page.goto(f"{live_server.url}/invocations/workflowinstance/{workflow.pk}/change/")
    text = page.locator("[name=whatsapp-template_text]")
    text.fill(text.input_value() + " {{4}}")
    wait_for(page, held)

    name = page.locator("[name=whatsapp-01-label]")
    name.fill("Given name")
    name.evaluate("field => field.setSelectionRange(5, 5)")
    hidden = page.locator("[name=whatsapp-02-is_sensitive]")
    was_hidden = hidden.is_checked()
    hidden.evaluate("box => { box.checked = !box.checked; }")
    rule = page.locator("#rule-whatsapp-01")
    rule.evaluate("details => { details.open = true; }")

    held[0].continue_()
    expect(page.locator("[name=whatsapp-04-label]")).to_have_count(1)
    expect(name).to_have_value("Given name")
    expect(name).to_be_focused()
    assert name.evaluate("field => field.selectionStart") == 5
    assert hidden.is_checked() is not was_hidden
    expect(rule).to_have_attribute("open", "")
    name.press_sequentially("!")
    expect(name).to_have_value("Given! name")
