"""The free editor: rows that are added, moved, dragged and removed, and JSON."""

import json

from playwright.sync_api import expect

from .steps import review, send, sent_by


def rows(page):
    return page.locator("#div_id_params .param-row").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('input')].map(input => input.value))"
    )


def test_rows_of_the_free_editor_are_added_moved_dragged_and_removed(compose, plain, receiver):
    page = compose(plain)
    editor = page.locator("#div_id_params")
    page.get_by_label("Phone number").first.fill("+91 98765 43202")
    adds_and_moves_rows(page, editor)
    removes_and_renames_rows(page, editor)
    takes_json(page, editor)
    expect(page.locator("#errors")).to_contain_text("is there twice")
    page.get_by_label("Values as JSON").fill('{"01": "Asha"}')
    review(page)
    send(page)
    assert {name: send["templateParams"] for name, send in sent_by(receiver)["input"].items()} == {
        "send1": {"01": "Asha"},
        "send2": {"01": "Asha"},
    }


def adds_and_moves_rows(page, editor):
    for value in ["Asha", "Friday", "KF-1"]:
        with page.expect_response("**/send/*/"):
            editor.get_by_role("button", name="Add a value").focus()
            page.keyboard.press("Enter")
        expect(editor.locator(".param-value").last).to_be_focused()
        page.keyboard.type(value)
    assert rows(page) == [["01", "Asha"], ["02", "Friday"], ["03", "KF-1"]]

    editor.get_by_role("button", name="Move value 3 up").press("Enter")
    expect(editor.get_by_role("button", name="Move value 2 up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(editor.get_by_role("button", name="Move value 1 down")).to_be_focused()
    assert rows(page) == [["01", "KF-1"], ["02", "Asha"], ["03", "Friday"]]

    editor.locator(".grip").nth(0).drag_to(editor.locator(".param-row").nth(2))
    expect(editor.locator(".param-value").nth(2)).to_have_value("KF-1")
    assert rows(page) == [["01", "Asha"], ["02", "Friday"], ["03", "KF-1"]]


def removes_and_renames_rows(page, editor):
    editor.get_by_role("button", name="Remove value 2").press("Enter")
    expect(editor.get_by_role("button", name="Remove value 2 03")).to_be_focused()
    editor.get_by_label("Key 1").fill("10")
    expect(page.get_by_text("Kaleyra sorts keys as text").first).to_be_visible(visible=False)
    editor.get_by_label("Key 2").fill("9")
    expect(page.get_by_text("come before a smaller number").first).to_be_visible()
    editor.get_by_role("button", name="Number from 01").click()
    expect(page.get_by_text("come before a smaller number")).to_have_count(0)
    editor.get_by_role("button", name="#param_url#").click()
    expect(editor.locator(".param-value").last).to_be_focused()
    page.keyboard.type("kf-1")


def takes_json(page, editor):
    editor.get_by_role("button", name="JSON").click()
    expect(editor.get_by_label("Values as JSON")).to_be_focused()
    assert json.loads(editor.get_by_label("Values as JSON").input_value()) == {
        "01": "Asha",
        "02": "KF-1",
        "#param_url#": "kf-1",
    }
    editor.get_by_label("Values as JSON").fill('{"01": "Asha", "01": "twice"}')
    page.get_by_role("button", name="Review").click()
    expect(editor.get_by_label("Values as JSON")).to_be_focused()
