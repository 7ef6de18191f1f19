"""The workflow's page: its texts and values."""

import pytest

from invocations.models import Channel, Parameter, WorkflowInstance, WorkflowVersion
from tests.views.pages import Page, opened, words_of


def page_of(workflow):
    return f"/invocations/workflowinstance/{workflow.pk}/change/"


@pytest.fixture
def typed(typed):
    """A draft: a live one changes only with a reason."""
    WorkflowInstance.objects.update(stage="draft")
    typed.refresh_from_db()
    return typed


@pytest.fixture
def form(ada, typed):
    return opened(ada, page_of(typed)).form("title")


def save(client, form, workflow, **values):
    form.fill({name.replace("__", "-"): value for name, value in values.items()})
    return client.post(page_of(workflow), form.fields)


def test_saving_keeps_texts_and_words_and_makes_a_version(ada, typed, form):
    form.fill(
        {
            "whatsapp-01-help_text": "As in the <ticket>",
            "whatsapp-01-sample": "Asha",
            "whatsapp-03-max_length": "12",
        }
    )
    answer = save(ada, form, typed, whatsapp__delay_seconds="30")
    assert answer.status_code == 302
    page = opened(ada, answer.headers["Location"])
    assert "Saved as version 1" in page.html
    assert "As in the &lt;ticket&gt;" in page.html
    assert "Hello Asha" in page.html.replace("<mark>", "").replace("</mark>", "")
    assert Channel.objects.get(workflow_instance=typed, position=1).delay_seconds == 30
    assert Parameter.objects.get(channel__position=2, key="03").max_length == 12
    assert WorkflowVersion.objects.get().created_by == ada.person


def test_saving_the_same_again_changes_nothing(ada, typed, form):
    save(ada, form, typed)
    histories = [WorkflowInstance.history, Channel.history, Parameter.history]
    before = [history.count() for history in histories]
    save(ada, opened(ada, page_of(typed)).form("title"), typed)
    assert WorkflowVersion.objects.count() == 1
    assert [history.count() for history in histories] == before


def test_a_changed_text_asks_for_its_new_values_and_forgets_the_old(ada, typed, form):
    save(ada, form, typed, whatsapp__template_text="Hi {{name}}")
    kept = Parameter.objects.filter(channel__position=1).values_list("key", flat=True)
    assert list(kept) == []
    again = opened(ada, page_of(typed)).form("title")
    assert "whatsapp-name-label" in again and "whatsapp-01-label" not in again
    assert Parameter.objects.filter(channel__position=2).count() == 3


def test_a_name_of_one_brace_is_refused_for_whatsapp_and_kept(ada, typed, form):
    texts = {"whatsapp__template_text": "Hi {name}", "sms__template_text": "Hi {name}"}
    page = Page(save(ada, form, typed, **texts))
    assert "{name} works in an SMS only" in page.html
    assert page.form("title")["whatsapp-template_text"] == "Hi {name}"
    assert Channel.objects.get(workflow_instance=typed, position=2).template_text.startswith("Dear")
    assert not WorkflowVersion.objects.exists()


def test_a_mixed_text_is_warned_of(ada, typed, form):
    assert save(ada, form, typed, whatsapp__template_text="{{1}} {{name}}").status_code == 302
    assert "mixes numbered and named places" in opened(ada, page_of(typed)).html


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{9999}}", "It asks for 9999 values"),
        ("{{" + "k" * 101 + "}}", "more than 100 characters"),
    ],
)
def test_a_text_that_nothing_could_be_sent_for_is_refused(ada, typed, form, text, sentence):
    page = Page(save(ada, form, typed, whatsapp__template_text=text))
    assert sentence in page.html and page.form("title")["whatsapp-template_text"] == text
    assert not WorkflowVersion.objects.exists()


@pytest.mark.parametrize("pattern", ["(", "a{99999999999999999999}", "[", "(?P<a>x)(?P<a>y)", "*"])
def test_what_is_no_regular_expression_is_refused_and_everything_kept(ada, typed, form, pattern):
    form.fill({"whatsapp-01-pattern": pattern, "whatsapp-02-label": "Kept <label>"})
    page = Page(save(ada, form, typed, sms__template_text="Dear {#var#}"))
    again = page.form("title")
    assert "not a regular expression" in page.html and again["whatsapp-01-pattern"] == pattern
    assert again["whatsapp-02-label"] == "Kept <label>"
    assert again["sms-template_text"] == "Dear {#var#}"
    assert Parameter.objects.get(channel__position=1, key="02").label == "For how long"
    assert not WorkflowVersion.objects.exists()


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(?=KF)KF-[0-9]+", "“(?=” is not possible here."),
        (r"(a)\1", "“\\1” is not possible here."),
        (r"KF\Z", "Leave out “\\Z”"),
        ("a{,3}", "{0,3} instead of {,3}"),
    ],
)
def test_a_pattern_that_could_freeze_a_worker_is_refused_in_words(
    ada, typed, form, pattern, sentence
):
    form.fill({"whatsapp-01-pattern": pattern})
    assert sentence in save(ada, form, typed).content.decode()
    assert not WorkflowVersion.objects.exists()


def test_a_pattern_with_nested_repetitions_is_saved_and_its_example_judged_at_once(
    ada, typed, form
):
    form.fill({"whatsapp-01-pattern": "([A-Za-z]+ ?)+", "whatsapp-01-sample": "a" * 999 + "!"})
    assert "does not fit the rule" in save(ada, form, typed).content.decode()
    form.fill({"whatsapp-01-sample": "a" * 999})
    assert save(ada, form, typed).status_code == 302


def test_a_stored_pattern_that_cannot_be_read_is_named_on_the_page(ada, typed):
    Parameter.objects.filter(channel__position=1, key="01").update(pattern="(?=a)a")
    assert "Its rule cannot be read" in opened(ada, page_of(typed)).html


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"choices": "a\nb", "default": "c"}, "not one of the choices"),
        ({"pattern": "[0-9]+", "sample": "x"}, "does not fit the rule"),
        ({"max_length": "2", "default": "abc"}, "longer than allowed"),
        ({"max_length": "0"}, "greater than or equal to 1"),
        ({"is_sensitive": "on", "default": "x"}, "cannot have a default"),
        ({"is_sensitive": "on", "is_searchable": "on"}, "cannot be searchable"),
    ],
)
def test_words_that_contradict_each_other_are_refused(ada, typed, form, words, sentence):
    form.fill({f"whatsapp-01-{name}": said for name, said in words.items()})
    assert sentence in save(ada, form, typed).content.decode()
    assert not WorkflowVersion.objects.exists()


def test_only_what_goes_by_name_can_be_left_out(ada, typed, form):
    assert "whatsapp-01-required" not in form
    save(ada, form, typed, whatsapp__template_text="Hi {{name}}")
    assert "whatsapp-name-required" in opened(ada, page_of(typed)).form("title")


def test_a_workflow_without_channels_asks_for_their_order(ada, make_workflow):
    page = opened(ada, page_of(make_workflow(None, None)))
    assert "route" not in page.form("title") and "The texts ask for no values yet" in page.html


def test_what_looks_like_a_place_is_warned_of_and_saved(ada, typed, form):
    text = "Hello {{ 1 }}, {{name }}, order {#VAR#}"
    assert save(ada, form, typed, whatsapp__template_text=text).status_code == 302
    html = opened(ada, page_of(typed)).html
    assert "“{{ 1 }}”, “{{name }}”, “{#VAR#}”: not places for values" in html
    assert Channel.objects.get(workflow_instance=typed, position=1).template_text == text


def test_the_address_before_shows_the_same_page(ada, typed):
    assert "What staff are asked for" in opened(ada, f"/workflows/{typed.pk}/contract/").html


def test_who_may_only_read_gets_no_button_and_saves_nothing(rosa, typed, form):
    page = opened(rosa, page_of(typed))
    assert "Save draft" not in page.html and "<fieldset" in page.html
    assert rosa.post(page_of(typed), form.fields).status_code == 403


# --- the rows of the table ------------------------------------------------------------------------


def labels(workflow):
    """By position and key."""
    found = Parameter.objects.filter(channel__workflow_instance=workflow)
    return {(each.channel.position, each.key): each.label for each in found}


def test_values_named_the_same_are_one_row_and_saved_in_both_places(ada, typed, form):
    assert "sms-01-label" not in form and form["sms-01-row"] == "whatsapp-01"
    save(ada, form, typed, **{"whatsapp-01-label": "Given name"})
    assert labels(typed)[1, "01"] == labels(typed)[2, "01"] == "Given name"


def test_a_row_is_taken_apart_and_nothing_typed_is_lost(ada, typed, form):
    form.fill({"whatsapp-02-label": "Typed", "split": "whatsapp-01"})
    page = Page(ada.post(page_of(typed), form.fields))
    apart = page.form("title")
    assert apart["sms-01-row"] == "sms-01" and apart["sms-01-label"] == "First name"
    assert apart["whatsapp-02-label"] == "Typed" and labels(typed)[1, "02"] == "For how long"
    save(ada, apart, typed, **{"sms-01-label": "Nickname"})
    assert (labels(typed)[1, "01"], labels(typed)[2, "01"]) == ("First name", "Nickname")
    assert "sms-01-label" in opened(ada, page_of(typed)).form("title")


def test_places_with_other_rules_are_rows_of_their_own(ada, typed):
    Parameter.objects.filter(channel__position=2, key="01").update(max_length=5)
    assert "sms-01-label" in opened(ada, page_of(typed)).form("title")


def test_new_places_of_one_number_share_a_row(ada, typed, form):
    form.fill({"whatsapp-template_text": "{{1}} {{2}} {{3}} {{4}}"})
    assert save(ada, form, typed, sms__template_text="{#var#}" + " {#var#}" * 3).status_code == 302
    again = opened(ada, page_of(typed)).form("title")
    assert again["sms-04-row"] == "whatsapp-04"


def test_a_value_without_a_name_is_pointed_out(ada, typed):
    Parameter.objects.filter(key="03").update(label="")
    text = words_of(ada.get(page_of(typed)))
    assert "no name yet" in text and "Name the value of WhatsApp {{3}} first." in text


def test_the_preview_follows_what_is_typed_and_saves_nothing(ada, typed, form):
    form.fill({"whatsapp-template_text": "Good day {{1}}", "whatsapp-01-sample": "Noor"})
    html = ada.post(f"/workflows/{typed.pk}/preview/", form.fields).content.decode()
    assert "Good day <mark>Noor</mark>" in html
    assert Channel.objects.get(workflow_instance=typed, position=1).template_text.startswith(
        "Hello"
    )
    assert not WorkflowVersion.objects.exists()


def test_the_preview_brings_the_table_where_a_text_asks_for_another_value(ada, typed, form):
    there = f"/workflows/{typed.pk}/preview/"
    assert "hx-swap-oob" not in ada.post(there, form.fields).content.decode()
    form.fill({"whatsapp-template_text": "Hi {{name}}", "whatsapp-02-label": "Typed"})
    html = ada.post(there, form.fields).content.decode()
    assert 'hx-swap-oob="true"' in html and "whatsapp-name-label" in html
    assert 'value="Typed"' in html  # still asked for by the SMS


def test_the_preview_of_a_new_workflow_needs_no_account(ada, db):
    texts = {"whatsapp-template_text": "Hi {{1}}", "sms-template_text": "", "route": "whatsapp"}
    html = ada.post("/workflows/preview/", texts).content.decode()
    assert "Hi <mark>01</mark>" in html
