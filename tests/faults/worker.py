"""One `manage.py dispatch` with shorter times, a bug, or a moment at which it is killed or stopped.

    python -m tests.faults.worker --hurry 15 --die-at full_body -- dispatch --threads 2

It replaces names of the product in a process of the tests. Production runs none of this.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import django
import requests

django.setup()

from django.core.management import call_command  # noqa: E402

from invocations.batches import check_run  # noqa: E402
from invocations.kaleyra import client, connection  # noqa: E402
from invocations.models import Invocation  # noqa: E402
from invocations.sending import (  # noqa: E402
    ask_again,
    attempt,
    claim,
    dispatcher,
    expiry,
    outcome_columns,
    pause,
    rate_limit,
    record,
)
from invocations.sending.outcomes import TABLE, Outcome, Status  # noqa: E402
from tests.faults.batches import other_ids, skipped_rows  # noqa: E402
from tests.faults.request_bugs import fresh_id, rewritten_body  # noqa: E402
from tests.faults.target_bugs import live_target, no_after_restore, no_mark  # noqa: E402
from tests.faults.web_bugs import lost_results, short_result  # noqa: E402

HURRY = 15.0
"""The divisor of the product's times in a run: a lease of 60 s takes 4 s."""


def hurry(times: float) -> None:
    """Divides every wait, lease and deadline of the product by `times`; their ratios stay."""
    for module_, names in {
        record: ["GRACE"],
        ask_again: ["SAME_ID_WINDOW"],
        claim: ["LEASE", "STORE_MARGIN", "TOTAL_SECONDS"],
        outcome_columns: ["FIRST_WAIT", "LONGEST_WAIT"],
        rate_limit: ["LONGEST_ACCOUNT_WAIT", "PROBE_EVERY", "RAMP"],
        pause: ["PAUSE_PROBE_EVERY"],
        dispatcher: ["SWEEP_EVERY"],
        check_run: ["LEASE"],
    }.items():
        for name in names:
            _replace(module_, name, getattr(module_, name) / times)
    client_of = attempt.client_for
    attempt.client_for = lambda account, key: replace(
        client_of(account, key),
        connect_seconds=client.CONNECT_SECONDS / times,
        read_seconds=client.READ_SECONDS / times,
        total_seconds=client.TOTAL_SECONDS / times,
    )


# --- bugs that the harness must find -----------------------------------------------------------


def every_400_rejected() -> None:
    """A 400 is a rejection, even after a doubtful attempt."""
    status_and_reason = outcome_columns._status_and_reason

    def without_memory(ours: Any, result: Any) -> Any:
        is_400 = result.reply is not None and result.reply.http_status == 400
        return (Status.REJECTED, "rejected") if is_400 else status_and_reason(ours, result)

    outcome_columns._status_and_reason = without_memory


def no_lease() -> None:
    """A message whose process died during the attempt is never settled."""
    expiry.settle_interrupted = lambda now: 0


def requeued_when_interrupted() -> None:
    """A message whose process died during the attempt is sent again, as if it was not sent."""

    def requeue(now: Any) -> int:
        over = Invocation.objects.filter(status="sending", lease_until__lt=now)
        return over.update(status="queued", lease_until=None, due_at=now)

    expiry.settle_interrupted = requeue


def doubt_is_not_sent() -> None:
    """A request without an answer is treated as not sent."""
    for reason, rule in list(TABLE.items()):
        if rule.outcome == Outcome.DOUBTFUL:
            TABLE[reason] = TABLE["refused"]._replace(effect=rule.effect)


def any_202_is_accepted() -> None:
    """Any body with a 202 is an acceptance."""
    TABLE["unreadable"] = TABLE["accepted"]


def busy_is_rejected() -> None:
    """A 429 is a rejection, like other 4xx."""
    TABLE["asked_to_wait"] = TABLE["rejected"]


def follow_redirects() -> None:
    """The HTTP library follows a redirect, with the key and the body."""
    send = client.ClientConnection._send
    # Over an open connection it is the library that sends, too.
    client.ClientConnection._over = lambda self, _opened, request: self._through_adapter(request)

    def followed(self: Any, request: Any) -> Any:
        response = send(self, request)
        if response.is_redirect:
            return requests.post(
                response.headers["Location"],
                request.body,
                headers=request.headers,
                stream=True,
                timeout=5,
            )
        return response

    client.ClientConnection._send = followed


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in [
        fresh_id,
        every_400_rejected,
        no_lease,
        follow_redirects,
        requeued_when_interrupted,
        doubt_is_not_sent,
        any_202_is_accepted,
        busy_is_rejected,
        rewritten_body,
        live_target,
        no_after_restore,
        no_mark,
        skipped_rows,
        other_ids,
        short_result,
        lost_results,
    ]
}


def _replace(module_: Any, name: str, new: Any) -> None:
    """Replaces `module_.name` by `new`, also in each module that has imported it."""
    old = getattr(module_, name)
    setattr(module_, name, new)
    for module in list(sys.modules.values()):
        if module.__name__.startswith("invocations") and getattr(module, name, None) is old:
            setattr(module, name, new)


# --- moments --------------------------------------------------------------------------------------


Strike = Callable[[], object]


def before(seam: str, strike: Strike) -> None:
    """Calls `strike` before each call of `seam`, a name in `invocations`."""
    module_, name = _module_and_name(seam)
    real = getattr(module_, name)

    def with_strike(*args: Any, **kwargs: Any) -> Any:
        strike()
        return real(*args, **kwargs)

    _replace(module_, name, with_strike)


def _after(seam: str, strike: Strike) -> None:
    """Calls `strike` after each call of `seam` that does not return an empty list."""
    module_, name = _module_and_name(seam)
    real = getattr(module_, name)

    def with_strike(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if result is None or result:
            strike()
        return result

    _replace(module_, name, with_strike)


def _module_and_name(seam: str) -> tuple[Any, str]:
    module_, _, name = f"invocations.{seam}".rpartition(".")
    return pkgutil.resolve_name(module_), name


def _in_the_request(place: str, strike: Strike) -> None:
    send = connection.PlainConnection.send

    def with_strike(self: Any, data: Any) -> None:
        is_head = data.startswith(b"POST ")
        if place == "half of the body" and not is_head:
            send(self, data[: len(data) // 2])
            strike()
            data = data[len(data) // 2 :]
        send(self, data)
        if place == ("head" if is_head else "body"):
            strike()

    connection.PlainConnection.send = with_strike


MOMENTS: dict[str, tuple[Callable[[str, Strike], None], str]] = {
    "before_claim": (before, "sending.claim._lock_rows"),
    "in_claim": (_after, "sending.rate_limit.take_slots"),
    "after_claim": (_after, "sending.due.claim_due"),
    "before_connect": (before, "kaleyra.connection.PlainConnection.connect"),
    "after_connect": (_after, "kaleyra.connection.PlainConnection.connect"),
    "after_head": (_in_the_request, "head"),
    "half_body": (_in_the_request, "half of the body"),
    "full_body": (_in_the_request, "body"),
    "after_head_of_answer": (_after, "kaleyra.connection.SingleConnectionAdapter.send"),
    "after_answer": (_after, "sending.attempt.post"),
    "before_result": (before, "sending.store_outcome.store_outcomes"),
    "in_result": (before, "sending.store_outcome._note_on_keys"),
    "after_result": (before, "sending.rate_limit.accounts_in_trouble"),
}
"""The moments of an attempt, in order. Claim and attempt are committed together."""
FEED_MOMENTS: dict[str, tuple[Callable[[str, Strike], None], str]] = {
    "before_feed": (before, "batches.feed._insert"),
    "in_feed": (_after, "batches.feed._insert"),
    "after_feed": (_after, "batches.feed._move"),
}
"""Its cursor has moved, the rows are inserted too, and both are committed."""


def strike_at(moment: str, strike: Strike) -> None:
    """Calls `strike` each time the process comes to the moment."""
    install, seam = (MOMENTS | FEED_MOMENTS)[moment]
    install(seam, strike)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hurry", type=float, default=1.0)
    parser.add_argument("--bug", choices=BUGS)
    parser.add_argument("--die-at", choices=MOMENTS | FEED_MOMENTS)
    parser.add_argument("--freeze-at", choices=MOMENTS, help="stops once (SIGSTOP), until SIGCONT")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    hurry(options.hurry)
    if options.bug:
        BUGS[options.bug]()
    if options.die_at:
        strike_at(options.die_at, lambda: os.kill(os.getpid(), signal.SIGKILL))
    if options.freeze_at:
        once = iter([signal.SIGSTOP])
        strike_at(
            options.freeze_at, lambda: [os.kill(os.getpid(), number) for number in once] and None
        )
    call_command(*options.command)


if __name__ == "__main__":
    main()
