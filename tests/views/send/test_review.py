"""The review page says exactly what will go, and makes no row."""

import json
import shlex

import pytest

from invocations.models import ApiKey, Invocation, Preset
from tests.many import real_account, workflow_of
from tests.views.pages import Page, confirm, form_of, opened, send_form, tokens_in, words_of

NUMBER, DIGITS = "+44 20 7946 0958", "442079460958"  # an Indian one would forbid the < and > below
VALUES = {
    "value1-01": "Asha & Söhne",
    "value1-02": "it's “1 year” $HOME `id`",
    "value1-03": "15% <b>off</b> \\ 👍",
}


@pytest.fixture
def form(priya, typed):
    return send_form(priya, typed).fill(
        VALUES, recipient=NUMBER, reference="T-<1>", note="<i>note</i>"
    )


def test_the_json_on_the_page_is_the_json_that_is_posted(priya, form, posted):
    review = form.press(priya, "review")
    shown = json.loads(Page(review).text("json"))
    confirm(priya, review)
    found = posted()
    assert shown == found.body
    assert list(shown["input"]["send1"]["templateParams"]) == ["01", "02", "03"]


def test_the_curl_line_posts_the_same_with_the_key_as_a_variable(priya, form, posted, typed):
    review = form.press(priya, "review")
    words = shlex.split(Page(review).text("curl").replace("\\\n", " "))
    confirm(priya, review)
    found = posted()
    assert words[words.index("--data-raw") + 1].encode() == found.bytes
    assert words[3] == f"http://{typed.account.pod.api_domain}{found.path}"
    assert "api-key: $KALEYRA_API_KEY" in words and "practice-canary" not in review.content.decode()


def test_it_makes_no_row_and_sends_nothing(priya, form, receiver):
    form.press(priya, "review")
    assert not Invocation.objects.exists() and not receiver.received


def test_the_buttons_say_what_they_do(priya, form):
    page = Page(form.press(priya, "review"))
    assert "Send 1 practice message" in page.html and "Back" in page.text("confirm")
    assert page.form("send").buttons == ["edit", "send"]


def test_it_says_to_whom_through_what_and_for_which_ticket(priya, form, typed):
    html = form.press(priya, "review").content.decode()
    for told in [
        NUMBER,
        "United Kingdom",
        "Practice pod",
        typed.workflow_instance_id,
        "key ending c0fe",
        "T-&lt;1&gt;",
        "&lt;i&gt;note&lt;/i&gt;",
        "Practice: reaches nobody",
        "both may arrive, and both are billed",
    ]:
        assert told in html, told
    assert "<b>off</b>" not in html


def test_hidden_fields_carry_everything_on(priya, form):
    carried = Page(form.press(priya, "review")).form("send")
    expected = {
        name: value
        for name, value in form.but("intent").items()
        if name not in {"pasted", "action"}
    }
    assert {
        name: value for name, value in carried.but("intent").items() if name in expected
    } == expected
    assert "pasted" not in carried and "preset_title" not in carried


def test_nothing_else_that_was_posted_is_carried_on(priya, form):
    assert "evil" not in form.fill(evil="evil").press(priya, "review").content.decode()


def test_two_numbers_are_named_each_with_a_warning(priya, plain):
    form = send_form(priya, plain).fill(recipient=NUMBER, recipient2="+91 80612 34581")
    del form["same_recipient"]
    html = form.press(priya, "review").content.decode()
    assert "two different numbers" in html and "United Kingdom" in html and "India" in html


def test_a_sensitive_value_is_dots_and_still_sent(priya, make_workflow, posted):
    workflow = make_workflow(
        {"template_text": "Code {{1}}", "is_otp": True},
        {"template_text": "Code {#var#}", "is_otp": True},
    )
    review = (
        send_form(priya, workflow)
        .fill({"recipient": NUMBER, "value1-_23_verification_5f_code_23_": "81XXX23"})
        .press(priya, "review")
    )
    page = Page(review)
    assert json.loads(page.text("json"))["input"]["send1"]["templateParams"] == {
        "#verification_code#": "••••"
    }
    assert "81XXX23" not in page.text("curl") and "Dots stand for" in page.html
    assert (
        page.html.count("81XXX23") == 2
    )  # in the hidden fields of its two forms, and nowhere else
    confirm(priya, review)
    assert posted().body["input"]["send2"] == {
        "recipient": DIGITS,
        "templateParams": {"#verification_code#": "81XXX23"},
    }


def test_missing_values_of_a_free_editor_are_told(priya, make_workflow):
    workflow = make_workflow("Hi {{name}}", None, words=[{"key": "name", "required": False}])
    assert (
        "nothing is given for {{name}}"
        in send_form(priya, workflow).fill(recipient=NUMBER).press(priya, "review").content.decode()
    )


# --- presets --------------------------------------------------------------------------------------


def keep(client, review, title="Usual", shared=False):
    form = Page(review).form("save-preset").fill(preset_title=title)
    if shared:
        form["preset_shared"] = "on"
    return form.press(client, "save-preset")


def test_a_preset_keeps_the_values_and_never_number_or_secret(priya, make_workflow, receiver):
    workflow = make_workflow(
        "Hi {{name}}, pin {{pin}}", None, words=[{"key": "pin", "is_sensitive": True}]
    )
    review = (
        send_form(priya, workflow)
        .fill({"value1-name": "Asha", "value1-pin": "4711"}, recipient=NUMBER)
        .press(priya, "review")
    )
    page = Page(keep(priya, review))
    assert "Saved." in page.html and page.form("send")["value1-pin"] == "4711"
    preset = Preset.objects.get()
    assert json.loads(preset.values) == [{"name": "Asha", "pin": ""}]
    assert DIGITS not in preset.values
    assert not Invocation.objects.exists() and not receiver.received
    form = send_form(priya, workflow, f"?preset={preset.pk}")
    assert (form["value1-name"], form["value1-pin"], form["recipient"]) == ("Asha", "", "")


def test_keeping_under_the_same_title_replaces(priya, form, typed):
    keep(priya, form.press(priya, "review"))
    keep(priya, form.fill({"value1-01": "Ravi"}).press(priya, "review"))
    assert json.loads(Preset.objects.get().values)[0]["01"] == "Ravi"


def test_a_preset_without_a_title_is_not_kept_and_nothing_is_lost(priya, form):
    page = Page(keep(priya, form.press(priya, "review"), title=""))
    assert not Preset.objects.exists() and page.form("send")["value1-01"] == VALUES["value1-01"]


def test_a_preset_is_ones_own_unless_shared(priya, ada, form, typed):
    review = form.press(priya, "review")
    keep(priya, review, "Mine")
    keep(priya, review, "Everybody's", shared=True)
    html = opened(ada, f"/send/{typed.pk}/").html
    assert "Everybody&#x27;s" in html and "Mine" not in html
    mine = Preset.objects.get(title="Mine")
    assert send_form(ada, typed, f"?preset={mine.pk}")["value1-01"] == ""


def test_nobody_but_its_maker_or_an_admin_changes_a_shared_preset(priya, ada, sven, typed, form):
    keep(
        sven,
        send_form(sven, typed).fill(VALUES, recipient=NUMBER).press(sven, "review"),
        "Everybody's",
        shared=True,
    )
    preset = Preset.objects.get()
    page = Page(
        keep(
            priya,
            form.fill({"value1-01": "Ravi"}).press(priya, "review"),
            "Everybody's",
            shared=True,
        )
    )
    assert "Somebody else has shared" in page.html
    assert json.loads(Preset.objects.get().values)[0]["01"] == VALUES["value1-01"]
    assert priya.post(f"/send/presets/{preset.pk}/remove/").status_code == 403
    assert ada.post(f"/send/presets/{preset.pk}/remove/").status_code == 302
    assert not Preset.objects.exists()


def test_another_persons_preset_cannot_be_removed(priya, ada, form):
    keep(priya, form.press(priya, "review"), "Mine")
    assert ada.post(f"/send/presets/{Preset.objects.get().pk}/remove/").status_code == 403
    assert Preset.objects.exists()
    answer = priya.post(f"/send/presets/{Preset.objects.get().pk}/remove/", follow=True)
    assert "“Mine” are removed" in answer.content.decode() and not Preset.objects.exists()


def test_a_preset_that_cannot_be_decrypted_says_so(priya, form, typed, settings):
    keep(priya, form.press(priya, "review"))
    settings.FIELD_ENCRYPTION_KEYS = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="]
    page = opened(priya, f"/send/{typed.pk}/?preset={Preset.objects.get().pk}")
    assert "cannot be read any more" in page.html and page.form("review")["value1-01"] == ""


def test_form_of_a_preset_can_be_pressed(priya, form):
    again = form_of(
        Page(keep(priya, form.press(priya, "review"))).form("send").press(priya, "edit")
    )
    assert again["value1-03"] == VALUES["value1-03"]


def test_the_review_of_a_form_that_was_sent_says_so_and_asks_nothing(priya, form, receiver):
    review = form.press(priya, "review")
    confirm(priya, review)
    again = form.press(priya, "review")
    assert "has been sent already: pressing sends nothing more." in again.content.decode()
    assert not tokens_in(again)
    assert confirm(priya, again).status_code == 302 and Invocation.objects.count() == 1
    assert len(receiver.received) == 1


def test_a_live_message_says_what_it_costs_to_be_wrong(priya):
    workflow = workflow_of(real_account(), "Order delayed")
    ApiKey.objects.create(account=workflow.account, title="k", key="live-key-7Q2x", is_primary=True)
    review = send_form(priya, workflow).fill(recipient=NUMBER).press(priya, "review")
    said = words_of(review)
    assert "Live: to a real customer, may be charged" in said and "Practice" not in said
    assert "This goes to a real person and may be charged." in said
    assert "Send only to people who agreed to be messaged." in said


def test_a_repeat_is_called_one_more(priya, typed):
    values = VALUES | {"recipient": NUMBER}
    confirm(priya, send_form(priya, typed).fill(values).press(priya, "review"))
    review = send_form(priya, typed).fill(values).press(priya, "review")
    assert "Send 1 more practice message" in words_of(review) and len(tokens_in(review)) == 1


def test_json_and_curl_are_closed_until_they_are_wanted(priya, form):
    html = form.press(priya, "review").content.decode()
    folded = html.partition('<details class="card more dev">')[2].partition("</details>")[0]
    assert all(f'id="{name}"' in folded for name in ("json", "curl"))
