"""Two people change a workflow at once: nothing that one saved is undone by the other's page."""

import pytest

from invocations.forms.workflow_setup import WorkflowSetup
from invocations.models import Channel, Parameter, WorkflowInstance
from tests.views.pages import Page, opened, words_of


def page_of(workflow):
    return f"/invocations/workflowinstance/{workflow.pk}/change/"


@pytest.fixture(autouse=True)
def draft(typed):
    WorkflowInstance.objects.update(stage="draft")
    typed.refresh_from_db()


@pytest.fixture
def old_tab(ada, typed):
    """The page, opened before somebody else saves it."""
    return opened(ada, page_of(typed)).form("title")


@pytest.fixture
def colleague_saves(sven, typed, old_tab):
    """colleague_saves({"title": "Renamed"}): on a page opened in between."""

    def saves(values, gone=()):
        form = opened(sven, page_of(typed)).form("title").fill(values)
        for name in gone:
            del form[name]
        assert sven.post(page_of(typed), form.fields).status_code == 302

    return saves


def stored():
    return WorkflowInstance.objects.get()


def label_of(key, position=1):
    return Parameter.objects.get(channel__position=position, key=key).label


def test_what_a_colleague_switched_on_stays_on(ada, typed, old_tab, colleague_saves):
    colleague_saves({"expects_callback": "on", "valid_minutes": "30"})
    said = words_of(ada.post(page_of(typed), old_tab.fill(title="Mine").fields, follow=True))
    now = stored()
    assert (now.expects_callback, now.valid_minutes, now.title) == (True, 30, "Mine")
    assert "Changed meanwhile by somebody else, and kept so:" in said
    assert "Results come back" in said


def test_what_the_console_switched_on_stays_on(ada, typed, old_tab):
    WorkflowInstance.objects.update(expects_callback=True)
    ada.post(page_of(typed), old_tab.fields)
    assert stored().expects_callback


def test_what_a_colleague_switched_off_stays_off(ada, typed, colleague_saves):
    WorkflowInstance.objects.update(expects_callback=True)
    tab = opened(ada, page_of(typed)).form("title")
    colleague_saves({}, gone=["expects_callback"])
    ada.post(page_of(typed), tab.fields)
    assert not stored().expects_callback


def test_a_text_and_the_name_of_a_value_are_kept_from_both(ada, typed, old_tab, colleague_saves):
    colleague_saves(
        {"whatsapp-template_text": "Good day {{1}}, {{2}} at {{3}}", "whatsapp-02-label": "Theirs"}
    )
    ada.post(page_of(typed), old_tab.fill({"whatsapp-01-label": "Mine"}).fields)
    text = Channel.objects.get(workflow_instance=typed, position=1).template_text
    assert text.startswith("Good day") and (label_of("01"), label_of("02")) == ("Mine", "Theirs")


def test_the_same_changed_by_both_is_refused_with_both_and_saved_on_second_thought(
    ada, typed, old_tab, colleague_saves
):
    colleague_saves({"title": "Theirs", "whatsapp-02-label": "Theirs, too"})
    old_tab.fill({"title": "Mine", "description": "Typed"})
    answer = ada.post(page_of(typed), old_tab.fields)
    said = words_of(answer)
    assert "Nothing is saved yet: somebody else changed the same" in said
    assert "<td>Theirs</td><td>Mine</td>" in answer.content.decode()
    assert stored().title == "Theirs"
    again = Page(answer).form("title")
    assert (again["title"], again["description"]) == ("Mine", "Typed")
    assert again["whatsapp-02-label"] == "Theirs, too"
    assert ada.post(page_of(typed), again.fields).status_code == 302
    assert (stored().title, label_of("02")) == ("Mine", "Theirs, too")


def test_the_same_change_by_both_is_no_conflict(ada, typed, old_tab, colleague_saves):
    colleague_saves({"title": "Renamed"})
    assert ada.post(page_of(typed), old_tab.fill(title="Renamed").fields).status_code == 302


def test_a_value_that_a_colleague_removed_is_told_with_what_was_typed(
    ada, typed, old_tab, colleague_saves
):
    colleague_saves({"whatsapp-template_text": "Good day {{1}}, {{2}}"})
    answer = ada.post(page_of(typed), old_tab.fill({"whatsapp-03-label": "Day"}).fields)
    html = answer.content.decode()
    assert "Nothing is saved yet" in html and "<td>not asked for any more</td><td>Day</td>" in html


@pytest.mark.parametrize("text", ["", "[]", "{", '{"title": "x"}', '{"title": [1]}', "[" * 9999])
def test_a_page_that_does_not_say_when_it_was_opened_saves_what_it_has(ada, typed, old_tab, text):
    fields = old_tab.fill(title="Mine").fields | {"opened": text}
    assert ada.post(page_of(typed), fields).status_code == 302
    assert stored().title == "Mine"


def test_a_save_in_the_instant_between_is_seen(ada, typed, old_tab, monkeypatch):
    is_valid = WorkflowSetup.is_valid

    def is_valid_late(setup):
        monkeypatch.undo()
        WorkflowInstance.objects.update(expects_callback=True)
        return is_valid(setup)

    monkeypatch.setattr(WorkflowSetup, "is_valid", is_valid_late)
    ada.post(page_of(typed), old_tab.fill(title="Mine").fields)
    assert (stored().expects_callback, stored().title) == (True, "Mine")
