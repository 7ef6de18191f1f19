"""The live preview, and that it shows what the JSON then does."""

import json

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.forms.send import SendForm
from invocations.forms.submission_token import SubmissionToken
from invocations.kaleyra.rendering import resolve
from invocations.kaleyra.template_params import ChannelKind
from invocations.models import Invocation
from tests.composing.test_preview import HEADER, TABLE, URL
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm, send_form


def preview(client, workflow, form):
    return client.post(f"/send/{workflow.pk}/preview/", form.fields)


@pytest.mark.parametrize("row", [*range(0, 8), 11, 14, 15, 17])
def test_the_preview_of_the_form_is_the_stored_bytes_resolved(priya, make_workflow, receiver, row):
    text, otp, params, _whatsapp, _sms = TABLE[row]
    text = text.replace("{name}", "{{name}}")
    workflow = make_workflow(
        {"template_text": text, "is_otp": otp}, {"template_text": text, "is_otp": otp}
    )
    form = send_form(priya, workflow).fill(recipient="+44 20 7946 0958")
    asked = [name for name in form.fields if name.startswith("value1-")]
    form.fill(zip(asked, params.values(), strict=False))
    answer = preview(priya, workflow, form)
    shown = [bubble.text for bubble in answer.context["bubbles"]]
    assert confirm(priya, form.press(priya, "review")).status_code == 302
    sends = json.loads(Invocation.objects.get().payload)["input"]
    kinds = [ChannelKind.WHATSAPP, ChannelKind.SMS]
    assert shown == [
        resolve(text, sends[send].get("templateParams", {}), kind, otp=otp).text
        for send, kind in zip(["send1", "send2"], kinds, strict=True)
    ]


texts = st.text(max_size=30) | st.sampled_from(
    ["{{1}}", "{name}", "$1", " Asha ", "\u00a0x\u00a0", "<b>", "a\nb", "‏עברית", "👍", "10:30"]
)


@pytest.mark.django_db
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(texts, min_size=7, max_size=7), st.booleans(), texts)
def test_whenever_a_form_is_valid_its_preview_had_the_same_values(
    make_workflow, values, same, extra
):
    if not hasattr(make_workflow, "made"):
        make_workflow.made = make_workflow(
            {"template_text": "{{1}} {{2}} {{name}}", "button_url": "{{1}}"},
            "{#var#} {name} {#var#}",
        )
    workflow = make_workflow.made
    names = [
        "value1-01",
        "value1-02",
        "value1-name",
        "value1-_23_param_5f_url_23_",
        "value2-01",
        "value2-02",
        "value2-name",
    ]
    data = dict(zip(names, values, strict=True)) | {
        "recipient": "442079460958",
        "same_recipient": "on",
        "params-mode": "rows",
        "params-key": "zz",
        "params-value": extra,
    }
    if same:
        data["same_values"] = "on"
    query = QueryDict(mutable=True)
    query.update(data)
    form = SendForm(workflow, query)
    seen = form.params_as_typed
    if form.is_valid():
        assert seen == form.channel_params == [dict(send.template_params) for send in form.sends]


def test_values_are_escaped(priya, typed):
    form = send_form(priya, typed).fill(
        {
            "recipient": NUMBER,
            "value1-01": '<script>alert("1")</script>',
            "value1-02": "{% now %}{{ 7 }}",
        }
    )
    html = preview(priya, typed, form).content.decode()
    assert "<script>" not in html and "&lt;script&gt;" in html and "{% now %}{{ 7 }}" in html


def test_a_sensitive_value_is_dots(priya, make_workflow):
    workflow = make_workflow(
        "{{name}} {{pin}}", "{pin}", words=[{"key": "pin", "is_sensitive": True}]
    )
    form = send_form(priya, workflow).fill({"value1-name": "Asha", "value1-pin": "4711"})
    html = preview(priya, workflow, form).content.decode()
    assert "4711" not in html and "••••" in html and "Asha" in html


def test_what_blocks_is_marked_in_its_channel_and_told(priya, typed):
    form = send_form(priya, typed).fill(
        {"recipient": NUMBER, "value1-01": "x" * 31, "value1-02": "<"}
    )
    answer = preview(priya, typed, form)
    first, second = answer.context["bubbles"]
    assert "bad" not in {stretch.mark for stretch in first.body}
    assert [stretch.text for stretch in second.body if stretch.mark == "bad"] == ["x" * 31, "<"]
    html = answer.content.decode()
    assert (
        "First name, SMS: 31 characters. Indian SMS rules allow 30 for one value: take out 1."
        in html
    )
    review = Page(form.fill({"value1-03": "z"}).press(priya, "review"))
    assert "Indian SMS rules allow 30" in review.text("errors") and not Invocation.objects.exists()


def test_a_british_number_knows_no_indian_rules(priya, typed):
    form = send_form(priya, typed).fill({"recipient": "+44 20 7946 0958", "value1-01": "x" * 31})
    assert "Indian" not in preview(priya, typed, form).content.decode()


def test_the_number_is_read_back(priya, plain):
    html = preview(
        priya, plain, send_form(priya, plain).fill(recipient="0091-80612 34581")
    ).content.decode()
    assert "India, +91 80 6123 4581. Used for WhatsApp and SMS." in html


def test_two_numbers_are_both_read_back_and_told(priya, plain):
    form = send_form(priya, plain).fill(recipient=NUMBER, recipient2="+44 20 7946 0958")
    assert "United Kingdom" not in preview(priya, plain, form).content.decode()
    del form["same_recipient"]
    html = preview(priya, plain, form).content.decode()
    assert "United Kingdom" in html and "India" in html and "two different numbers" in html


def test_the_size_of_the_sms_and_what_made_it_unicode(priya, make_workflow):
    workflow = make_workflow(None, "{#var#}")
    workflow.channels.update(position=1)
    html = preview(
        priya, workflow, send_form(priya, workflow).fill({"value1-01": "y" * 70 + "₹"})
    ).content.decode()
    assert "Unicode" in html
    assert "71 characters" in html
    assert "2 parts" in html
    assert "Unicode because of “₹”" in html


def test_order_dangers_are_told_where_they_happen(priya, make_workflow):
    workflow = make_workflow("", "")
    form = send_form(priya, workflow).fill(
        {"params-key": ["1", "10", "2"], "params-value": ["a", "b", "c"], "recipient": NUMBER}
    )
    assert "Press “Number from 01”" in preview(priya, workflow, form).content.decode()


def test_special_keys_that_an_sms_takes_first_are_told(priya, make_workflow):
    workflow = make_workflow({"template_text": "{{1}}", "header_text": "{{1}}"}, "{#var#} {#var#}")
    form = send_form(priya, workflow).fill(
        {"params-key": HEADER, "params-value": "h", "value1-01": "a"}
    )
    assert (
        "In an SMS “#param_header#” is an ordinary value"
        in preview(priya, workflow, form).content.decode()
    )


def test_a_preview_keeps_nothing(priya, typed, receiver):
    preview(priya, typed, send_form(priya, typed).fill(recipient=NUMBER))
    assert not Invocation.objects.exists() and not receiver.received


@pytest.mark.parametrize("token", ["", "forged", None])
def test_a_preview_needs_no_intent(priya, plain, token):
    form = send_form(priya, plain).fill(recipient=NUMBER)
    form.fields.pop("intent")
    if token is not None:
        form["intent"] = token
    assert preview(priya, plain, form).status_code == 200


def test_a_preview_with_the_intent_of_another_hides_nothing_and_shows_nothing(priya, ada, plain):
    form = send_form(priya, plain)
    form["intent"] = SubmissionToken.new(ada.person.pk, plain.pk).token
    assert preview(priya, plain, form).status_code == 200


def test_special_parameters_land_where_the_documentation_says(priya, make_workflow):
    parts = {
        "template_text": "{{1}}",
        "header_text": "Hi {{1}}",
        "button_url": "https://x.example/{{1}}",
    }
    workflow = make_workflow(parts, "{#var#} {#var#} {#var#}")
    form = send_form(priya, workflow)
    form.fill(
        {
            "value1-01": "a",
            "value1-_23_param_5f_header_23_": "h",
            "value1-_23_param_5f_url_23_": "u",
            "recipient": "442079460958",
        }
    )
    first, _second = preview(priya, workflow, form).context["bubbles"]
    assert ["".join(s.text for s in part) for part in (first.header, first.body, first.button)] == [
        "Hi h",
        "a",
        "https://x.example/u",
    ]
    assert {HEADER, URL, "01"} == {place.key for place in first.places}


def test_a_field_says_an_admins_rule_and_the_preview_the_limit(priya, make_workflow):
    rule = {"key": "01", "label": "First name", "max_length": 20}
    workflow = make_workflow("{{1}}", "{#var#}", words=[rule])
    form = send_form(priya, workflow).fill({"recipient": NUMBER, "value1-01": "x" * 34})
    assert "Indian SMS rules allow 30" in preview(priya, workflow, form).content.decode()
    errors = Page(form.press(priya, "review")).text("errors")
    assert "At most 20: take out 14." in errors and "Indian SMS rules" not in errors


# --- places without a value -----------------------------------------------------------------------


def named(make_workflow):
    words = [{"key": "01", "label": "First name"}, {"key": "02", "label": "Order number"}]
    return make_workflow("Hello {{1}}, order {{2}} or {{3}}", None, words=words)


def shown(answer):
    return "".join(piece.text for piece in answer.context["bubbles"][0].body)


def test_an_empty_place_shows_the_name_of_its_value(priya, make_workflow):
    workflow = named(make_workflow)
    answer = priya.get(f"/send/{workflow.pk}/")
    page = Page(answer)
    assert shown(answer) == "Hello First name, order Order number or {{3}}"
    assert '<mark class="missing">First name</mark>' in page.html
    assert "{{1}}" in page.text("orders") and "missing" in page.text("orders")


def test_a_value_stands_in_its_own_place_while_an_earlier_one_is_empty(priya, make_workflow):
    workflow = named(make_workflow)
    form = send_form(priya, workflow).fill({"value1-02": "KF-20418"})
    answer = preview(priya, workflow, form)
    assert shown(answer) == "Hello First name, order KF-20418 or {{3}}"
    [bubble] = answer.context["bubbles"]
    assert bubble.missing == ["{{1}}", "{{3}}"]
