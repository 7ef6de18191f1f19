"""Texts and values: the admin's page."""

import pytest

from invocations.models import Channel, Parameter, WorkflowVersion
from tests.views.conftest import NUMBER
from tests.views.pages import Page, opened, send_form


@pytest.fixture
def form(ada, typed):
    return opened(ada, f"/workflows/{typed.pk}/contract/").form("send1-template_text")


def save(client, form, workflow, **values):
    form.fill({name.replace("__", "-"): value for name, value in values.items()})
    return client.post(f"/workflows/{workflow.pk}/contract/", form.fields)


def field(number, key, name):
    return f"value{number}-{key}-{name}"


def test_saving_keeps_texts_and_words_and_makes_a_version(ada, typed, form):
    form.fill(
        {
            field(1, "01", "help_text"): "As in the <ticket>",
            field(1, "01", "sample"): "Asha",
            field(2, "03", "max_length"): "12",
        }
    )
    answer = save(ada, form, typed, send1__delay_seconds="30")
    assert answer.status_code == 302
    page = opened(ada, answer.headers["Location"])
    assert "Saved as version 1" in page.html
    assert "As in the &lt;ticket&gt;" in page.html
    assert "Hello Asha" in page.html.replace("<mark>", "").replace("</mark>", "")
    assert Channel.objects.get(workflow_instance=typed, position=1).delay_seconds == 30
    assert Parameter.objects.get(channel__position=2, key="03").max_length == 12
    assert WorkflowVersion.objects.get().created_by == ada.person


def test_saving_the_same_again_makes_no_version(ada, typed, form):
    save(ada, form, typed)
    save(ada, opened(ada, f"/workflows/{typed.pk}/contract/").form("send1-template_text"), typed)
    assert WorkflowVersion.objects.count() == 1


def test_a_changed_text_asks_for_its_new_values_and_forgets_the_old(ada, typed, form):
    save(ada, form, typed, send1__template_text="Hi {{name}}")
    assert list(Parameter.objects.filter(channel__position=1).values_list("key", flat=True)) == []
    page = opened(ada, f"/workflows/{typed.pk}/contract/")
    assert field(1, "name", "label") in page.form("send1-template_text")
    assert field(1, "01", "label") not in page.form("send1-template_text")
    assert Parameter.objects.filter(channel__position=2).count() == 3


def test_a_name_of_one_brace_is_refused_for_whatsapp_and_kept(ada, typed, form):
    page = Page(
        save(ada, form, typed, send1__template_text="Hi {name}", send2__template_text="Hi {name}")
    )
    assert "{name} works in an SMS only" in page.html
    assert page.form("send1-template_text")["send1-template_text"] == "Hi {name}"
    assert Channel.objects.get(workflow_instance=typed, position=2).template_text.startswith("Dear")
    assert not WorkflowVersion.objects.exists()


def test_a_mixed_text_is_warned_of(ada, typed, form):
    assert save(ada, form, typed, send1__template_text="{{1}} {{name}}").status_code == 302
    assert "mixes numbered and named places" in opened(ada, f"/workflows/{typed.pk}/contract/").html


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{9999}}", "It asks for 9999 values"),
        ("{{" + "k" * 101 + "}}", "more than 100 characters"),
    ],
)
def test_a_text_that_nothing_could_be_sent_for_is_refused(ada, typed, form, text, sentence):
    page = Page(save(ada, form, typed, send1__template_text=text))
    assert sentence in page.html and page.form("send1-template_text")["send1-template_text"] == text
    assert not WorkflowVersion.objects.exists()


@pytest.mark.parametrize("pattern", ["(", "a{99999999999999999999}", "[", "(?P<a>x)(?P<a>y)", "*"])
def test_what_is_no_regular_expression_is_refused_and_everything_kept(ada, typed, form, pattern):
    form.fill({field(1, "01", "pattern"): pattern, field(1, "02", "label"): "Kept <label>"})
    page = Page(save(ada, form, typed, send2__template_text="Dear {#var#}"))
    again = page.form("send1-template_text")
    assert "no regular expression" in page.html and again[field(1, "01", "pattern")] == pattern
    assert again[field(1, "02", "label")] == "Kept <label>"
    assert again["send2-template_text"] == "Dear {#var#}"
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
    form.fill({field(1, "01", "pattern"): pattern})
    assert sentence in save(ada, form, typed).content.decode()
    assert not WorkflowVersion.objects.exists()


def test_a_pattern_with_nested_repetitions_is_saved_and_its_sample_judged_at_once(ada, typed, form):
    form.fill({field(1, "01", "pattern"): "([A-Za-z]+ ?)+"})
    form.fill({field(1, "01", "sample"): "a" * 999 + "!"})
    assert "pattern does not match" in save(ada, form, typed).content.decode()
    form.fill({field(1, "01", "sample"): "a" * 999})
    assert save(ada, form, typed).status_code == 302


def test_a_stored_pattern_that_cannot_be_read_is_named_on_the_page(ada, typed):
    Parameter.objects.filter(channel__position=1, key="01").update(pattern="(?=a)a")
    html = opened(ada, f"/workflows/{typed.pk}/contract/").html
    assert "The pattern of “01” cannot be read" in html


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"choices": "a\nb", "default": "c"}, "none of the choices"),
        ({"pattern": "[0-9]+", "sample": "x"}, "pattern does not match"),
        ({"max_length": "2", "default": "abc"}, "longer than allowed"),
        ({"max_length": "0"}, "greater than or equal to 1"),
        ({"is_sensitive": "on", "default": "x"}, "has no default"),
    ],
)
def test_words_that_contradict_each_other_are_refused(ada, typed, form, words, sentence):
    form.fill({field(1, "01", name): said for name, said in words.items()})
    assert sentence in save(ada, form, typed).content.decode()
    assert not WorkflowVersion.objects.exists()


def test_only_what_goes_by_name_can_be_left_out(ada, typed, form):
    assert field(1, "01", "required") not in form
    save(ada, form, typed, send1__template_text="Hi {{name}}")
    assert field(1, "name", "required") in opened(ada, f"/workflows/{typed.pk}/contract/").form(
        "send1-template_text"
    )


def test_a_channel_that_is_younger_than_the_form_stays_as_it_is(ada, typed, form):
    for name in [name for name in form.fields if name.startswith(("send2", "value2"))]:
        del form[name]
    assert save(ada, form, typed).status_code == 302
    channel = Channel.objects.get(workflow_instance=typed, position=2)
    assert channel.template_text.startswith("Dear") and channel.parameters.count() == 3


def test_a_workflow_without_channels_says_so(ada, make_workflow):
    assert (
        "no channels yet"
        in opened(ada, f"/workflows/{make_workflow(None, None).pk}/contract/").html
    )


# --- what the send page makes of it ---------------------------------------------------------------


def test_the_rules_of_both_channels_hold_for_a_shared_value(priya, make_workflow):
    words = [
        {"key": "01", "label": "Order", "position": 1, "pattern": "[A-Z0-9-]+"},
        {"key": "01", "label": "Order", "position": 2, "max_length": 5},
    ]
    form = send_form(priya, make_workflow("{{1}}", "{#var#}", words=words)).fill(
        {"recipient": NUMBER}
    )
    assert "same_values" in form
    for value, sentence in [("kf", "does not look as it should"), ("KF-20418", "take out 3")]:
        page = Page(form.fill({"value1-01": value}).press(priya, "review"))
        assert sentence in page.text("errors"), value
    assert (
        "What will happen"
        in form.fill({"value1-01": "KF-20"}).press(priya, "review").content.decode()
    )


def test_values_with_other_labels_are_not_shared_from_the_start(priya, make_workflow):
    words = [
        {"key": "01", "label": "Name", "position": 1},
        {"key": "01", "label": "Order", "position": 2},
    ]
    assert "same_values" not in send_form(priya, make_workflow("{{1}}", "{#var#}", words=words))


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
    assert "What will happen" in form.press(priya, "review").content.decode()
    assert (
        "This is none of the choices."
        in form.fill({"value1-a": "w"}).press(priya, "review").content.decode()
    )


def test_a_sensitive_value_is_typed_hidden(priya, make_workflow):
    html = opened(
        priya,
        f"/send/{make_workflow('{{pin}}', None, words=[{'key': 'pin', 'is_sensitive': True}]).pk}/",
    ).html
    assert 'type="password" name="value1-pin"' in html


def test_what_looks_like_a_place_is_warned_of_and_saved(ada, typed, form):
    text = "Hello {{ 1 }}, {{name }}, order {#VAR#}"
    assert save(ada, form, typed, send1__template_text=text).status_code == 302
    html = opened(ada, f"/workflows/{typed.pk}/contract/").html
    assert "“{{ 1 }}”, “{{name }}”, “{#VAR#}”: no place for a value" in html
    assert "The text takes no values." not in html
    assert Channel.objects.get(workflow_instance=typed, position=1).template_text == text
