"""Composing: by keyboard, without scripts, with live preview, presets and paste."""

import json

import pytest
from playwright.sync_api import expect

from invocations.models import Preset
from tests.waiting import until

from .steps import SENT, VALUES, fill_in, review, send, sent_by


def tab_to(page, element):
    """Presses Tab until the element has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches {element}")


def preview(page, kind="WhatsApp"):
    return page.get_by_label(f"{kind} message")


def test_five_values_on_two_channels_by_keyboard_alone(compose, demo, receiver):
    page = compose(demo["Order delayed"])
    tab_to(page, page.get_by_label("Phone number").first)
    page.keyboard.type("+91 98765 43202")
    for label, value in VALUES.items():
        tab_to(page, page.get_by_label(label, exact=True).first)
        page.keyboard.type(value)
    tab_to(page, page.get_by_text("Another number for the SMS"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Same number for both channels"))
    page.keyboard.press("Space")
    second = page.get_by_label("Phone number").nth(1)
    expect(second).to_be_focused()
    expect(second).to_have_value("+91 98765 43202")
    page.keyboard.type("+91 98765 43203")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check, then").wait_for()
    expect(page.get_by_text("The two channels go to two different numbers.")).to_be_visible()
    tab_to(page, page.get_by_label("I have checked"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Send 1 practice message"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/history/*/")
    body = sent_by(receiver)["input"]
    assert {name: send["templateParams"] for name, send in body.items()} == SENT
    assert [body[name]["recipient"] for name in SENT] == ["919876543202", "919876543203"]


def test_the_same_without_scripts(browser, live_server, demo, meera, sign_in_by_form, receiver):
    page = browser.new_page(java_script_enabled=False)
    sign_in_by_form(page, meera)
    page.goto(f"{live_server.url}/send/{demo['Order delayed'].pk}/")
    page.get_by_text("For developers").click()
    page.get_by_label("Paste JSON or cURL").fill(
        json.dumps({"input": {"send1": {"recipient": "1", "templateParams": SENT["send1"]}}})
    )
    page.get_by_role("button", name="Fill the form with it").click()
    page.get_by_label("Phone number").first.fill("0091 98765-43202")
    review(page)
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    send(page)
    expect(page.locator(".page-head .badge").first).to_contain_text("Accepted")
    assert sent_by(receiver)["input"]["send1"] == {
        "recipient": "919876543202",
        "templateParams": SENT["send1"],
    }
    page.close()


def test_the_preview_follows_what_is_typed(compose, demo, complaints):
    page = compose(demo["Order delayed"])
    previews_while_typing(page)
    warns_of_a_long_value(page)
    survives_an_outage(page)
    complaints.clear()
    survives_a_sign_out(page)


def previews_while_typing(page):
    asked = []
    page.on(
        "request",
        lambda request: asked.append(request) if request.url.endswith("/preview/") else None,
    )
    name = page.get_by_label("First name").first
    name.press_sequentially("Asha Bhosle of Pune", delay=25)
    expect(preview(page)).to_contain_text("Hello Asha Bhosle of Pune")
    expect(preview(page, "SMS")).to_contain_text("Hello Asha Bhosle of Pune")
    expect(name).to_be_focused()
    for _ in range(4):
        name.press("ArrowLeft")
    top = page.evaluate("scrollY")
    name.press_sequentially("X")
    expect(preview(page)).to_contain_text("of XPune")
    assert name.evaluate("field => field.selectionStart") == 16 and page.evaluate("scrollY") == top
    page.wait_for_timeout(600)
    assert len(asked) < 12  # it waits for a pause, and does not trigger itself


def warns_of_a_long_value(page):
    page.get_by_label("Phone number").first.fill("+91 98765 43202")
    expect(page.locator("#read-as")).to_contain_text("India")
    page.get_by_label("New delivery day").first.fill("Thursday 26 November, before noon")
    expect(page.get_by_text("Indian SMS rules allow 30")).to_be_visible()
    expect(preview(page, "SMS").locator("mark.bad")).to_have_text(
        "Thursday 26 November, before noon"
    )


def survives_an_outage(page):
    page.route("**/preview/", lambda route: route.abort())
    page.get_by_label("New delivery day").first.fill("Friday")
    said = page.get_by_text("The console did not answer. What you typed is still here.")
    expect(said).to_be_visible()
    assert said.get_attribute("aria-live") == "polite"
    page.unroute("**/preview/")
    page.get_by_label("New delivery day").first.fill("Saturday")
    expect(preview(page)).to_contain_text("Saturday")
    expect(said).to_have_count(0)


def survives_a_sign_out(page):
    session = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("New delivery day").first.fill("Sunday")
    expect(
        page.get_by_text("You have been signed out. What you typed is still here")
    ).to_be_visible()
    expect(preview(page)).to_contain_text("Saturday")
    page.context.add_cookies(session)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(preview(page)).to_contain_text("Sunday")


def test_of_several_previews_under_way_the_newest_is_shown(compose, demo):
    page = compose(demo["Order delayed"])
    slow = iter([0.8, 0.0, 0.0, 0.0])

    def late(route):
        page.wait_for_timeout(1000 * next(slow, 0))
        route.continue_()

    page.route("**/preview/", late)
    name = page.get_by_label("First name").first
    name.press_sequentially("Ash")
    page.wait_for_timeout(300)
    name.press_sequentially("a")
    page.wait_for_timeout(300)
    name.press_sequentially("nti")
    expect(preview(page)).to_contain_text("Hello Ashanti")
    page.wait_for_timeout(400)
    expect(preview(page)).to_contain_text("Hello Ashanti")


def test_a_preset_a_curl_line_and_ones_own_number_fill_the_form(compose, demo, live_server):
    page = compose(demo["Order delayed"])
    fill_in(page)
    review(page)
    page.locator("summary", has_text="Save these values").click()
    page.get_by_label("Keep these values as").fill("Festival week")
    page.get_by_role("button", name="Save these values").click()
    expect(page.get_by_text("Saved. You find it")).to_be_visible()
    page.goto(f"{live_server.url}/me/")
    page.get_by_label("My number").fill("+91 80612 34581")
    page.get_by_role("button", name="Save").click()

    compose(demo["Order delayed"])
    page.locator("summary", has_text="Saved values").click()
    page.get_by_role("link", name="Festival week").click()
    expect(page.get_by_label("New delivery day").first).to_have_value("Thu 26 November")
    expect(page.get_by_label("Phone number").first).to_have_value("")
    page.get_by_role("button", name="Use my number").click()
    expect(page.get_by_label("Phone number").first).to_have_value("+91 80 6123 4581")
    page.get_by_text("For developers").click()
    sent = {
        "input": {
            "send1": {
                "recipient": "919876543202",
                "templateParams": {"01": "Ravi", "02": "KF-9", "03": "Sunday"},
            }
        }
    }
    page.get_by_label("Paste JSON or cURL").fill(
        f"curl https://x.example/ -H 'api-key: A0canary' --data '{json.dumps(sent)}'"
    )
    page.get_by_role("button", name="Fill the form with it").click()
    expect(page.get_by_label("First name").first).to_have_value("Ravi")
    expect(page.get_by_text("It was thrown away")).to_be_visible()
    assert "A0canary" not in page.content()

    page.locator("summary", has_text="Saved values").click()
    page.get_by_role("button", name="Remove the saved values Festival week").click()
    expect(page.get_by_text("are removed.")).to_be_visible()
    assert not Preset.objects.exists()


def pasted(page):
    """What the clipboard holds: the policy lets no script read it."""
    page.evaluate(
        "() => { const area = document.createElement('textarea'); area.id = 'pasted';"
        " document.body.prepend(area); area.focus(); }"
    )
    page.keyboard.press("Control+V")
    text = page.locator("#pasted").input_value()
    page.evaluate("() => document.getElementById('pasted').remove()")
    return text


def test_a_code_is_shown_only_when_asked_and_copy_buttons_copy(compose, demo, context, live_server):
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page = compose(demo["One-time passcode"])
    code = page.get_by_label("Passcode", exact=True).first
    page.get_by_label("Phone number").first.fill("+91 98765 43202")
    code.fill("482913")
    show = page.get_by_role("button", name="Show Passcode").first
    show.click()
    expect(code).to_have_attribute("type", "text")
    show.click()
    expect(code).to_have_attribute("type", "password")
    expect(preview(page, "SMS")).to_contain_text("••••")
    review(page)
    page.get_by_text("For developers").click()
    page.get_by_role("button", name="Copy the JSON").click()
    expect(page.locator("#said")).to_have_text("Copied")
    assert json.loads(pasted(page))["input"]["send1"]["recipient"] == "919876543202"
    page.get_by_role("button", name="Copy the curl line").click()
    until(lambda: pasted(page).startswith("curl"))
    send(page)
    page.get_by_role("button", name="Copy the request ID").click()
    until(lambda: pasted(page) in page.url)
    assert "482913" not in page.content()


@pytest.mark.parametrize("theme", ["dark"])
def test_what_is_wrong_stands_at_the_field_and_at_the_top(compose, demo, receiver):
    page = compose(demo["Order delayed"])
    page.get_by_label("Phone number").first.fill("080612")
    page.get_by_label("First name").first.fill("Asha")
    page.get_by_role("button", name="Review").click()
    summary = page.locator("#errors")
    expect(page.get_by_label("Phone number").first).to_be_focused()
    expect(summary).to_contain_text("Write the country code instead of the 0")
    summary.get_by_role("link", name="Phone number").click()
    expect(page.get_by_label("Phone number").first).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("First name").first).to_have_value("Asha")
    assert not receiver.received
