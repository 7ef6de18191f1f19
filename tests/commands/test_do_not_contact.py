"""`manage.py do_not_contact`, and the commands that send, hold to the list."""

import io

import pytest
from django.core.management import CommandError, call_command

from invocations.audit.origin import Origin, coming_from
from invocations.models import DoNotContact, TrailRow
from tests.limited import NUMBER, OTHER, list_number, live_workflow

pytestmark = pytest.mark.django_db


def _run(*words):
    out, err = io.StringIO(), io.StringIO()
    with coming_from(Origin(os_user="meera")):  # as manage.py does
        call_command("do_not_contact", *words, stdout=out, stderr=err)
    return out.getvalue()


def test_numbers_are_added_and_taken_off_and_the_trail_says_by_whom():
    assert "2 added" in _run(f"+{NUMBER}", f"+{OTHER}", "--reason", "complaint")
    assert "1 taken off" in _run(f"+{NUMBER}", "--reason", "mistake", "--remove")
    assert DoNotContact.objects.get().last_four == "3203"
    assert TrailRow.objects.filter(facts__contains='"os_user":"meera"').count() == 2


def test_a_file_with_an_unreadable_line_changes_nothing(tmp_path):
    file = tmp_path / "numbers.csv"
    file.write_text(f"+{NUMBER}\nhello\n")
    with pytest.raises(CommandError):
        _run("--file", str(file), "--reason", "x")
    assert not DoNotContact.objects.exists()
    assert "1 added" in _run("--file", str(file), "--reason", "x", "--skip-bad")


def test_invoke_refuses_a_listed_number(capsys):
    workflow = live_workflow()
    list_number()
    words = [workflow.title, "--recipient", f"+{NUMBER}", "--param", "01=Asha"]
    with pytest.raises((SystemExit, CommandError)) as refused:
        call_command("invoke", *words)
    told = capsys.readouterr()
    assert "do-not-contact list" in told.out + told.err + str(refused.value)
    assert not workflow.invocations.exists()
