"""A copy of a workflow, and its definition as a file."""

import json
import re
import time

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from invocations.composing.template_fields import snapshot
from invocations.models import Invocation, WorkflowInstance
from tests.views.pages import words_of

IMPORT, NEW = "/workflows/import/", "/invocations/workflowinstance/add/"


@pytest.fixture
def definition(ada, typed):
    return json.loads(ada.get(f"/workflows/{typed.pk}/export/").content)


@pytest.fixture
def upload(ada, account):
    """upload(definition or bytes): what importing it answers."""

    def upload(content, **fields):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        data = {"account": account.pk, "workflow_instance_id": "imported-1", "title": ""}
        file = SimpleUploadedFile("x.workflow.json", body)
        return ada.post(IMPORT, data | fields | {"file": file}, follow=True)

    return upload


def made(name="imported-1"):
    return WorkflowInstance.objects.get(workflow_instance_id=name)


def channels_of(workflow):
    return snapshot(workflow)["channels"]


def test_a_copy_is_a_draft_with_the_same_texts_values_groups_and_rules(ada, typed, account):
    typed.groups.set(Group.objects.filter(name="Support"))
    WorkflowInstance.objects.update(valid_minutes=30, expects_callback=True)
    WorkflowInstance.objects.update(needs_approval=True, values_kept_days=7)
    data = {"account": account.pk, "workflow_instance_id": "copy-1", "title": "Copied"}
    ada.post(f"/workflows/{typed.pk}/copy/", data)
    copy = made("copy-1")
    assert channels_of(copy) == channels_of(typed)
    assert (copy.stage, copy.title, copy.valid_minutes) == ("draft", "Copied", 30)
    assert list(copy.groups.all()) == list(typed.groups.all()) and copy.expects_callback
    assert copy.needs_approval and copy.values_kept_days == 7


def test_a_copy_in_an_account_without_results_expects_none(ada, typed, account):
    data = {"account": account.pk, "workflow_instance_id": "copy-1", "title": "Copied"}
    ada.post(f"/workflows/{typed.pk}/copy/", data)
    assert not made("copy-1").expects_callback


def test_a_new_workflow_expects_results_where_those_of_another_come_in(ada, typed, account):
    box = 'name="expects_callback"'
    assert "checked" not in _tag_of(ada.get(f"{NEW}?account={account.pk}"), box)
    WorkflowInstance.objects.update(expects_callback=True)
    assert "checked" in _tag_of(ada.get(f"{NEW}?account={account.pk}"), box)


def _tag_of(page, attribute):
    [tag] = re.findall(f"<input[^>]*{attribute}[^>]*>", page.content.decode())
    return tag


def test_a_copy_needs_an_id_of_its_own(ada, typed, account):
    data = {"account": account.pk, "workflow_instance_id": typed.workflow_instance_id, "title": "x"}
    answer = ada.post(f"/workflows/{typed.pk}/copy/", data)
    assert "already exists" in answer.content.decode()
    assert WorkflowInstance.objects.count() == 1


def test_a_file_has_no_id_of_kaleyras_no_account_and_no_group(typed, definition):
    typed.groups.set(Group.objects.filter(name="Support"))
    text = json.dumps(definition)
    for secret in (typed.workflow_instance_id, typed.account.sid, typed.account.title, "Support"):
        assert secret not in text
    assert definition["version"] == 1


def test_what_was_exported_is_imported_as_a_draft(typed, definition, upload):
    assert "Imported as a draft" in words_of(upload(definition))
    assert channels_of(made()) == channels_of(typed)
    assert (made().stage, made().title) == ("draft", typed.title)
    assert not Invocation.objects.exists()


def test_another_title_may_be_given(definition, upload):
    upload(definition, title="Other")
    assert made().title == "Other"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b"{", "This is not JSON: line 1"),
        (b"[" * 100_000, "nested too deep"),
        (b" " * 300_000, "larger than 256 kB"),
        (b'{"a": 1, "a": 2}', "“a” is twice"),
        (b'{"a": NaN}', "NaN is not allowed"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "cannot be read"),
        (b"[]", "not exported by a console"),
        (b'{"format": "other"}', "not exported by a console"),
        (b'{"format": "fallback-console-workflow", "version": 2}', "It has version 2"),
        (b'{"format": "fallback-console-workflow", "version": 1}', "list of one or two channels"),
    ],
)
def test_a_hostile_file_is_refused_with_a_sentence(upload, content, sentence):
    answer = upload(content)
    assert answer.status_code == 200 and sentence in words_of(answer)
    assert not WorkflowInstance.objects.exists()


def changed(definition, path, value):
    """The definition with the item at `path` (keys and indices) replaced."""
    *folders, last = path
    found = definition
    for each in folders:
        found = found[each]
    found[last] = value
    return definition


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["extra"], 1, "“extra” in the file is not known."),
        (["title"], 5, "title has to be a text."),
        (["title"], "", "Title: Fill this in."),
        (["valid_minutes"], 99_999, "less than or equal to 1440"),
        (["channels"], {}, "list of one or two channels"),
        (["channels", 0], [], "channel 1 is not an object."),
        (["channels", 0, "kind"], "fax", "channel 1: “kind” has to be"),
        (["channels", 0, "kind"], "sms", "Both channels are the same."),
        (["channels", 0, "template_text"], None, "WhatsApp: no text asks for the value “01”."),
        (["channels", 0, "template_text"], "Hi {name}", "WhatsApp, Text: {name} works in an SMS"),
        (["channels", 0, "delay_seconds"], True, "channel 1, delay_seconds has to be a whole"),
        (["channels", 0, "values"], "x", "channel 1: “values” has to be a list"),
        (["channels", 0, "values", 0], 1, "channel 1, value 1: there is no “key”."),
        (["channels", 0, "values", 0, "key"], "02", "channel 1, value 1: its key is there"),
        (["channels", 0, "values", 0, "pattern"], "(", "Rule: This is not a regular expression"),
        (["channels", 0, "values", 0, "pattern"], 1, "channel 1, value 1, pattern has to be"),
        (["channels", 0, "values", 0, "label"], "x\0", "Null characters are not allowed"),
        (["channels", 0, "values", 0, "surprise"], 1, "“surprise” in channel 1, value 1"),
    ],
)
def test_each_error_of_a_file_is_named_with_its_place(upload, definition, path, value, sentence):
    assert sentence in words_of(upload(changed(definition, path, value)))
    assert WorkflowInstance.objects.count() == 1


def test_a_text_that_is_no_unicode_is_refused_and_not_an_error_of_the_server(upload, definition):
    for broken in (definition | {"title": "\ud800"}, definition | {"\udfff": 1}):
        assert "cannot be stored" in words_of(upload(broken))
    assert WorkflowInstance.objects.filter(workflow_instance_id="imported-1").count() == 0


def test_a_key_that_is_twice_among_many_is_found_at_once(upload):
    keys = ",".join(f'"{n}":0' for n in [*range(25_000), 24_999])
    before = time.monotonic()
    assert "is twice in one object" in words_of(upload(f"{{{keys}}}".encode()))
    assert time.monotonic() - before < 5
