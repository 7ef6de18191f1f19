"""Runs `manage.py dispatch` on a database that may be a restored copy."""

import io
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from invocations.models import Invocation
from invocations.sending.high_water import OLDER_DATABASE_EXIT_CODE


def run(*words):
    """Runs the command. Returns what it wrote."""
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


def dispatch():
    return run("dispatch", "--once", "--threads", "2")


def refusal():
    """What `dispatch` says when it refuses."""
    with pytest.raises(CommandError) as raised:
        dispatch()
    assert raised.value.returncode == OLDER_DATABASE_EXIT_CODE
    return str(raised.value)


def states():
    return Counter(Invocation.objects.values_list("status", "reason"))
