"""A rotation that is killed three times while messages are sent: it goes on, and loses nothing."""

import uuid

import pytest
from django.utils import timezone

from invocations.models import ApiKey, Invocation, KeyRun, Pace
from invocations.sending.deliver import deliver
from tests.conftest import KEY

from .keys import NEW, OLD, opened_by

pytestmark = pytest.mark.django_db(transaction=True)
STORED = 80

KILLED = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from django.db import transaction
from invocations.models import key_rotation, table_walk

table_walk.MOST_ROWS = table_walk.MOST_ROWS_ON_SQLITE = 10
calls, moment = 0, sys.argv[1]
update_each, store = key_rotation.update_each, table_walk.TableWalk._store

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def counted(*args):
    global calls
    calls += 1
    changed = update_each(*args)
    if moment == "before the commit" and calls == 2:
        die()
    return changed

def stored(self, count):
    if moment == "before the cursor" and calls == 2:
        die()
    store(self, count)
    if moment == "after the cursor" and calls == 2:
        die()

key_rotation.update_each, table_walk.TableWalk._store = counted, stored
call_command("rotate_keys")
"""
MOMENTS = ["before the commit", "before the cursor", "after the cursor"]


@pytest.fixture
def old_rows(settings, recorded):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    key = ApiKey.objects.get()
    key.key = KEY
    key.save()
    for _n in range(STORED):
        row = recorded()
        Invocation.objects.filter(pk=row.pk).update(status="cancelled", due_at=None)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]


@pytest.fixture
def send_while(recorded):
    """send_while(process): sends one message after another until it has ended -> their rows."""

    def send_while(running):
        sent = []
        while running.poll() is None:
            Pace.objects.all().delete()  # nothing waits for its turn
            row = recorded(request_id=uuid.uuid4())
            deliver(row.pk)
            sent.append(row)
        return sent

    return send_while


def test_it_goes_on_where_it_was_and_every_message_leaves_once(
    old_rows, process, manage, send_while, settings, receiver
):
    keys = {"TEST_FIELD_ENCRYPTION_KEYS": f"{NEW},{OLD}"}
    sent = []
    for moment in MOMENTS:
        running = process("-c", KILLED, moment, **keys)
        sent += send_while(running)
        assert running.returncode == -9, running.stderr.read()
        assert 0 < opened_by(NEW)[0] < opened_by(NEW)[1]
    running = manage("rotate_keys", **keys)
    sent += send_while(running)
    assert running.returncode == 0, running.stderr.read()
    assert "opened by the newest key alone: all" in running.stdout.read()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    opened, total = opened_by(NEW)
    assert opened == total and Invocation.objects.count() == STORED + len(sent)
    assert all(row.payload for row in Invocation.objects.all())
    assert sorted(receiver.accepted) == sorted(str(row.request_id) for row in sent)
    runs = KeyRun.objects.filter(name__contains="invocation.payload")
    assert runs.get().done_at < timezone.now()
