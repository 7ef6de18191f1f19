"""The template fields of a workflow, and its versions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from invocations.composing import template_fields
from invocations.composing.template_fields import Change
from invocations.models import Channel, Invocation, Parameter, WorkflowInstance, WorkflowVersion

CODE, HEADER, URL = "#verification_code#", "#param_header#", "#param_url#"


@pytest.mark.parametrize(
    ("kind", "fields", "keys"),
    [
        ("whatsapp", {"template_text": ""}, []),
        ("whatsapp", {"template_text": "Hello"}, []),
        ("whatsapp", {"template_text": "{{2}} {{1}}"}, ["01", "02"]),
        ("whatsapp", {"template_text": "{{$3}}"}, ["01", "02", "03"]),
        ("whatsapp", {"template_text": "{{name}} {{name}} {{City}}"}, ["name", "City"]),
        ("whatsapp", {"template_text": "{name}"}, []),
        (
            "whatsapp",
            {"template_text": "{{1}}", "header_text": "{{1}}", "button_url": "https://x/{{1}}"},
            ["01", HEADER, URL],
        ),
        ("whatsapp", {"template_text": "x", "header_text": "Hi", "button_url": "https://x/"}, []),
        ("whatsapp", {"template_text": "{{1}}", "is_otp": True}, [CODE]),
        ("whatsapp", {"template_text": "{{1}} {{2}}", "is_otp": True}, [CODE, "01"]),
        ("sms", {"template_text": "{#var#} {#var#}"}, ["01", "02"]),
        ("sms", {"template_text": "{name} {{other}}"}, ["name", "other"]),
        ("sms", {"template_text": "{#var#}", "is_otp": True}, [CODE]),
        ("sms", {"template_text": " ".join(["{#var#}"] * 12)}, [f"{n:02}" for n in range(1, 13)]),
        ("sms", {"template_text": "x", "header_text": "{{1}}"}, []),
    ],
)
def test_the_keys_follow_from_the_texts(kind, fields, keys):
    assert template_fields.keys_of(Channel(kind=kind, position=1, **fields)) == keys


def add(workflow, position, **words):
    return Parameter.objects.create(channel=workflow.channels.get(position=position), **words)


def test_a_field_has_the_admins_label_and_rules(workflow):
    add(
        workflow,
        1,
        key="01",
        label="First name",
        help_text="As in the ticket",
        choices=" a \n\n b",
        default="a",
    )
    field = template_fields.fields_of(workflow.channels.get(position=1))[0]
    assert (field.label, field.words.help_text, field.choices, field.words.default) == (
        "First name",
        "As in the ticket",
        ["a", "b"],
        "a",
    )


def test_channels_as_sent_are_those_of_the_version_or_else_the_current_ones(workflow, recorded):
    before = recorded()
    workflow.channels.get(position=1).delete()
    old = Invocation(workflow_instance=workflow)
    kinds = [
        [channel.kind for channel in template_fields.channels_as_sent(row)] for row in (before, old)
    ]
    assert kinds == [["whatsapp", "sms"], ["sms"]]


def test_a_key_without_parameter_is_its_own_label(workflow):
    field = template_fields.fields_of(workflow.channels.get(position=2))[0]
    assert (field.label, field.choices, field.is_sensitive) == ("01", [], False)


def test_a_value_by_position_is_always_required(workflow):
    add(workflow, 1, key="01", required=False)
    assert template_fields.fields_of(workflow.channels.get(position=1))[0].required


def test_a_value_by_name_may_be_optional(workflow):
    workflow.channels.filter(position=1).update(template_text="{{name}}")
    assert template_fields.fields_of(workflow.channels.get(position=1))[0].required
    add(workflow, 1, key="name", required=False)
    assert not template_fields.fields_of(workflow.channels.get(position=1))[0].required


def test_a_verification_code_is_always_sensitive(workflow):
    add(workflow, 2, key="01", is_sensitive=True)
    assert template_fields.sensitive_keys(workflow.channels.all()) == {CODE, "01"}


# --- versions -------------------------------------------------------------------------------------


def test_each_change_creates_one_version(workflow):
    first = template_fields.current_version(workflow)
    assert template_fields.current_version(workflow) == first and first.number == 1
    channel = workflow.channels.get(position=1)
    channel.template_text = "Hi {{1}}"
    channel.save()
    second = template_fields.current_version(workflow)
    assert second.number == 2 and template_fields.current_version(workflow) == second
    add(workflow, 1, key="01", label="Name")
    assert template_fields.current_version(workflow).number == 3


def test_a_changed_title_creates_no_version(workflow):
    first = template_fields.current_version(workflow)
    workflow.title = "Renamed"
    workflow.save()
    assert template_fields.current_version(workflow) == first


def test_changing_a_text_back_creates_another_version(workflow):
    texts = ["a", "b", "a"]
    numbers = []
    for text in texts:
        workflow.channels.filter(position=1).update(template_text=text)
        numbers.append(template_fields.current_version(workflow).number)
    assert numbers == [1, 2, 3]


def test_an_invocation_keeps_the_version_it_was_sent_with(workflow, recorded):
    before = recorded()
    workflow.channels.filter(position=1).update(template_text="Bye {{1}}")
    after = recorded()
    assert [row.version.number for row in (before, after)] == [1, 2]
    assert [
        template_fields.channels_in(row.version)[0].template_text for row in (before, after)
    ] == ["Hello {{1}}", "Bye {{1}}"]


def test_a_version_has_the_keys_that_were_sensitive_then(workflow):
    parameter = add(workflow, 1, key="01", is_sensitive=True)
    version = template_fields.current_version(workflow)
    parameter.delete()
    assert template_fields.sensitive_keys_in(version) == {CODE, "01"}
    assert template_fields.sensitive_keys(workflow.channels.all()) == {CODE}


@pytest.mark.django_db(transaction=True)
def test_concurrent_senders_create_one_version(workflow):
    def ask(_number):
        try:
            return template_fields.current_version(
                WorkflowInstance.objects.get(pk=workflow.pk)
            ).number
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {1}
    assert WorkflowVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda w: None, []),
        (
            lambda w: WorkflowInstance.objects.update(workflow_instance_id="other"),
            [Change("workflow_id")],
        ),
        (lambda w: w.channels.filter(position=2).delete(), [Change("channels")]),
        (lambda w: w.channels.filter(position=1).update(template_text="x"), [Change("text", 1)]),
        (lambda w: w.channels.filter(position=1).update(header_text="x"), [Change("text", 1)]),
        (lambda w: w.channels.filter(position=2).update(is_otp=True), [Change("text", 2)]),
        (lambda w: w.channels.filter(position=2).update(delay_seconds=30), [Change("delay", 2)]),
        (lambda w: add(w, 2, key="01", label="x"), [Change("parameters", 2, ("01",))]),
        (
            lambda w: [add(w, 2, key=key) for key in ("b", "a")],
            [Change("parameters", 2, ("a", "b"))],
        ),
    ],
)
def test_changes_between_two_contracts(workflow, change, found):
    before = template_fields.snapshot(workflow)
    change(workflow)
    assert (
        template_fields.changes_between(
            before, template_fields.snapshot(WorkflowInstance.objects.get())
        )
        == found
    )
