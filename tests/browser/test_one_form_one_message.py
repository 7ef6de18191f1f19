"""One form sends one message, whatever people press and how often: the receiver counts."""

import json
from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from .steps import SENT, fill_in, review, send


def body(receiver):
    [request] = receiver.wait_for(1)
    return json.loads(request.body)


def double_click(page, button):
    button.dblclick(no_wait_after=True)


def triple_click(page, button):
    button.click(click_count=3, delay=5, no_wait_after=True)


def enter_and_click(page, button):
    button.focus()
    page.keyboard.press("Enter")
    if button.count():
        button.dispatch_event("click")


def click_past_the_script(page, button):
    """Submits two copies of the form, which the script does not hold back."""
    button.evaluate(
        "button => { for (let i = 0; i < 2; i++) {"
        " const form = button.form.cloneNode(true); document.body.append(form);"
        " form.querySelector('[value=send]').click(); } }"
    )


@pytest.mark.parametrize(
    "press", [double_click, triple_click, enter_and_click, click_past_the_script]
)
def test_pressed_again_and_again(compose, demo, receiver, press):
    page = compose(demo["Order delayed"])
    fill_in(page)
    review(page)
    press(page, page.get_by_role("button", name="Send 1 practice message"))
    page.wait_for_url("**/history/*/")
    expect(page.locator(".page-head .badge").first).to_contain_text("Accepted")
    page.reload()
    assert len(receiver.accepted) == len(receiver.wait_for(1)) == 1


def go_back_and_post_again(page):
    """The browser did not keep the review, and asks whether to post it again."""
    with suppress(Error):
        page.go_back()
    for _ in range(10):
        with suppress(Error):  # until the browser's question is there
            page.wait_for_timeout(300)
            page.reload()
            break


def test_back_reload_and_a_second_tab(compose, demo, receiver, context):
    page = compose(demo["Order delayed"])
    minted = page.locator("[name=intent]").input_value()
    fill_in(page)
    review(page)
    other = context.new_page()
    other.goto(page.url)
    # The same review in another tab.
    other.set_content(page.content().replace("<head>", f'<head><base href="{page.url}">'))
    send(page)
    shown = page.url
    other.get_by_role("button", name="Send 1 practice message").click()
    other.wait_for_url(shown)
    expect(
        other.get_by_text("This was sent already. Nothing was sent a second time.")
    ).to_be_visible()

    go_back_and_post_again(page)
    send(page)
    assert page.url == shown
    expect(
        page.get_by_text("This was sent already. Nothing was sent a second time.")
    ).to_be_visible()

    # Further back, the form still has its ID, and its values unless the browser freed the memory.
    # The timeout lets `evaluate` return first.
    page.evaluate("() => { setTimeout(() => history.go(-2), 50) }")
    expect(page.locator("[name=intent]")).to_have_value(minted)
    fill_in(page)
    review(page)
    send(page)
    assert page.url == shown
    assert {name: send["templateParams"] for name, send in body(receiver)["input"].items()} == SENT
