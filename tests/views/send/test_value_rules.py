"""What the send page makes of the names and rules of values."""

from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm, opened, send_form


def test_the_rules_of_both_channels_hold_for_a_shared_value(priya, make_workflow):
    words = [
        {"key": "01", "label": "Order", "position": 1, "pattern": "[A-Z0-9-]+"},
        {"key": "01", "label": "Order", "position": 2, "max_length": 5},
    ]
    form = send_form(priya, make_workflow("{{1}}", "{#var#}", words=words)).fill(
        {"recipient": NUMBER}
    )
    assert "same_values" in form
    for value, sentence in [("kf", "does not fit the rule"), ("KF-20418", "take out 3")]:
        page = Page(form.fill({"value1-01": value}).press(priya, "review"))
        assert sentence in page.text("errors"), value
    assert (
        "For developers"
        in form.fill({"value1-01": "KF-20"}).press(priya, "review").content.decode()
    )


def test_values_with_other_labels_are_typed_one_by_one(priya, make_workflow, posted):
    words = [
        {"key": "01", "label": "Name", "position": 1},
        {"key": "01", "label": "Order", "position": 2},
    ]
    form = send_form(priya, make_workflow("{{1}}", "{#var#}", words=words))
    page = Page(form.fill({"recipient": NUMBER, "value1-01": "Asha"}).press(priya, "review"))
    assert "Order" in page.text("errors")
    confirm(priya, form.fill({"value2-01": "KF-1"}).press(priya, "review"))
    sent = posted().body["input"]
    assert [sent[each]["templateParams"]["01"] for each in ("send1", "send2")] == ["Asha", "KF-1"]


def test_choices_defaults_help_and_samples_reach_the_form(priya, make_workflow):
    words = [
        {"key": "a", "choices": "x\ny <z>", "default": "x"},
        {"key": "b", "help_text": "Help <me>", "sample": "B-1", "required": False},
    ]
    page = opened(priya, f"/send/{make_workflow('{{a}} {{b}}', None, words=words).pk}/")
    form = page.form("review").fill({"recipient": NUMBER})
    assert form["value1-a"] == "x"
    assert "y &lt;z&gt;" in page.html
    assert "Help &lt;me&gt;" in page.html
    assert "For example B-1" in page.html
    assert "For developers" in form.press(priya, "review").content.decode()
    assert (
        "This is not one of the choices."
        in form.fill({"value1-a": "w"}).press(priya, "review").content.decode()
    )


def test_a_sensitive_value_is_typed_hidden(priya, make_workflow):
    html = opened(
        priya,
        f"/send/{make_workflow('{{pin}}', None, words=[{'key': 'pin', 'is_sensitive': True}]).pk}/",
    ).html
    assert 'type="password" name="value1-pin"' in html
