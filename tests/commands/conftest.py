"""Commands in this process, with their exit code and output."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from invocations.models import Account, Invocation
from tests.database_copies import DatabaseCopy


@pytest.fixture
def invoke(workflow):
    """invoke("--recipient", "…") -> exit code and what was printed.

    The value that the template needs is given where the words give none, unless not `values`.
    """

    def invoke(*words, of="Order delayed", values=True):
        if values and not any(word.startswith("--param") for word in words):
            words = (*words, "--param", "01=Asha")
        printed = StringIO()
        try:
            call_command("invoke", of, *words, stdout=printed)
        except SystemExit as end:
            return end.code, printed.getvalue()
        except CommandError as refusal:
            return refusal.returncode, str(refusal)
        return 0, printed.getvalue()

    return invoke


@pytest.fixture
def copied(tmp_path):
    """copied(): a backup of the database as it is now."""
    copies = []

    def copied():
        copies.append(DatabaseCopy(tmp_path))
        return copies[-1]

    yield copied
    for copy in copies:
        copy.drop()


@pytest.fixture
def due(recorded, account):
    """due("202"): a message that the dispatcher sends at once."""
    Account.objects.update(sends_per_second=1000)

    def due(code="202", **columns):
        row = recorded(code)
        past = timezone.now() - timedelta(seconds=1)
        Invocation.objects.filter(pk=row.pk).update(**({"due_at": past} | columns))
        return row

    return due
