"""What nobody asks for is done by every dispatcher: removing, lapsing, sealing, checking."""

import pytest

from invocations.access import lockout, sessions
from invocations.audit import sealing
from invocations.batches import approvals, retention
from invocations.forms import kept_form
from invocations.monitoring import approval_emails, sweep, trail_watch
from invocations.privacy import erasure, purge
from invocations.sending import caps

DONE = [
    (purge, "purge_a_little"),
    (erasure, "erase_a_little"),
    (retention, "delete_old"),
    (kept_form, "drop_expired"),
    (caps, "delete_old"),
    (approvals, "refresh"),
    (approval_emails, "send_due_emails"),
    (sessions, "drop_over"),
    (lockout, "drop_old"),
    (sealing, "seal_all"),
    (sealing, "log_head"),
    (trail_watch, "watch_head"),
    (trail_watch, "check_when_due"),
]


@pytest.mark.django_db
def test_each_sweep_removes_ends_and_checks_what_is_due(monkeypatch):
    done = []
    for module, name in DONE:
        called = f"{module.__name__}.{name}"
        monkeypatch.setattr(module, name, lambda now, called=called: done.append(called) or 0)
    sweep.sweep()
    assert sorted(done) == sorted(f"{module.__name__}.{name}" for module, name in DONE)
