"""What `after_restore` leaves alone, and dispatchers that share a file of marks."""

import pytest

from invocations.models import DatabaseIdentity, Invocation
from invocations.sending import decisions, pause
from invocations.sending.deliver import deliver
from invocations.sending.high_water import HighWaterMark
from invocations.sending.outcomes import Status
from invocations.sending.restored import mark_restored

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_that_was_reported_before_it_was_sent_is_still_never_posted(recorded, receiver):
    row = recorded()
    assert decisions.hold_reported(row)
    assert mark_restored() == 0
    pause.resume_everything(None)
    deliver(row.pk, starting_from=Status.UNKNOWN)
    assert Invocation.objects.get().reason == "reported_before_sent" and not receiver.received


def test_a_round_of_another_dispatcher_during_the_check_is_no_older_database(db, monkeypatch):
    ours, other = HighWaterMark(), HighWaterMark()
    ours.beat()
    read = DatabaseIdentity.objects.order_by

    def read_then_beat(*names):
        rows = list(read(*names))
        monkeypatch.undo()
        other.beat()
        monkeypatch.setattr(DatabaseIdentity.objects, "order_by", read)
        return rows

    monkeypatch.setattr(DatabaseIdentity.objects, "order_by", read_then_beat)
    ours.check()
