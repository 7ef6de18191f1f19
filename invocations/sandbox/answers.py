"""The table of scenarios: which code causes which answer. No I/O.

The code is the last three characters of the workflow_instance_id or, if that is not a code, of
send1's recipient. The codes resemble HTTP statuses, to be easy to remember. The pod's page,
docs/practice-pod.md and the tests are all based on this table.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from invocations.sandbox.envelopes import (
    Answer,
    Issued,
    Transmission,
    accepted,
    key_refused,
    refused,
    rejected,
    web_page,
)

RETRY_AFTER = ("Retry-After", "5")
# .invalid never resolves (RFC 2606), so a client that follows the redirect reaches no host.
ANOTHER_HOST = ("Location", "https://elsewhere.invalid/")


@dataclass(frozen=True)
class Invocation:
    """A valid request; `recipient` is send1's, `second_recipient` send2's, or empty."""

    sid: str
    workflow_instance_id: str
    request_id: str
    recipient: str
    second_recipient: str = ""


AnswerBuilder = Callable[[Invocation, Issued], Answer]


@dataclass(frozen=True)
class Scenario:
    """One row of the table.

    `title` says what the pod does, `in_console` what a user of the console will see. `accepts` says
    whether the invocation counts as accepted: Kaleyra would now send messages.
    """

    code: str
    title: str
    in_console: str
    build: AnswerBuilder
    accepts: bool = False
    transmission: Transmission = Transmission.WHOLE

    def answer(self, invocation: Invocation, issued: Issued) -> Answer:
        """The answer to a valid invocation with a new request id."""
        return replace(
            self.build(invocation, issued),
            accepts=self.accepts,
            transmission=self.transmission,
            note=self.title,
        )


def choose_scenario(workflow_instance_id: str, recipient: str) -> Scenario:
    """The row for an invocation: by the workflow's code, else the recipient's, else the first."""
    return (
        SCENARIOS_BY_CODE.get(workflow_instance_id[-3:])
        or SCENARIOS_BY_CODE.get(recipient[-3:])
        or SCENARIOS[0]
    )


def _accepted(invocation: Invocation, issued: Issued) -> Answer:
    return accepted(invocation.request_id, issued)


def _not_published(invocation: Invocation, issued: Issued) -> Answer:
    reason = f"Workflow Instance [{invocation.workflow_instance_id}] is not published."
    return rejected(invocation.request_id, issued, reason)


def _not_found(invocation: Invocation, issued: Issued) -> Answer:
    reason = f"Workflow Instance [{invocation.workflow_instance_id}] is not found."
    return rejected(invocation.request_id, issued, reason, status=404)


def _always(answer: Answer) -> AnswerBuilder:
    return lambda invocation, issued: answer


_WAITS = "Queued. It waits as long as it was told to and tries again with the same request ID."
_UNSETTLED = (
    "Outcome unknown. “Check safely” asks again with the same request ID, and gets the same answer."
)
_SETTLED = (
    "Outcome unknown. “Check safely” asks again with the same request ID; "
    "the pod refuses the repetition, which proves that the first one got in: Accepted."
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "202",
        "Accepted",
        "Accepted, with the workflow invocation ID. A few seconds later the result.",
        _accepted,
        accepts=True,
    ),
    Scenario(
        "400",
        "Rejected: the workflow is not published",
        "Rejected, with the reason. Once the flow is published it can be sent as new.",
        _not_published,
    ),
    Scenario(
        "401",
        "The key is refused",
        "On hold, and its account paused, until an admin has fixed the key and resumed the account."
        " Then it leaves by itself.",
        _always(key_refused()),
    ),
    Scenario(
        "404",
        "Rejected: the workflow is unknown",
        "Rejected, with the reason.",
        _not_found,
    ),
    Scenario(
        "429",
        "Too many requests: come back in 5 seconds",
        _WAITS,
        _always(refused(429, "Too many requests.", headers=(RETRY_AFTER,))),
    ),
    Scenario(
        "301",
        "Redirected to another host",
        "On hold. The redirect is not followed, so neither key nor number reaches the other host.",
        _always(web_page(301, "301 Moved Permanently", (ANOTHER_HOST,))),
    ),
    Scenario(
        "500",
        "Server error, nothing accepted",
        _UNSETTLED,
        _always(refused(500, "Internal server error.")),
    ),
    Scenario(
        "502",
        "Accepted, but a gateway answers with its error page",
        _SETTLED,
        _always(web_page(502, "502 Bad Gateway")),
        accepts=True,
    ),
    Scenario(
        "503",
        "Service unavailable, nothing accepted: come back in 5 seconds",
        _UNSETTLED,
        _always(web_page(503, "503 Service Unavailable", (RETRY_AFTER,))),
    ),
    Scenario(
        "200",
        "Accepted, but the answer takes 6 seconds",
        "Sending for 6 seconds, then Accepted. The result is there before that, and is found to "
        "belong to it.",
        _accepted,
        accepts=True,
        transmission=Transmission.LATE,
    ),
    Scenario(
        "408",
        "Accepted, but no answer ever comes",
        f"Sending until the console's patience ends. {_SETTLED}",
        _always(Answer(None)),
        accepts=True,
        transmission=Transmission.SILENT,
    ),
    Scenario(
        "499",
        "Accepted, but the connection is reset",
        _SETTLED,
        _always(Answer(None)),
        accepts=True,
        transmission=Transmission.RESET,
    ),
    Scenario(
        "299",
        "Accepted with 202, but the answer is a web page",
        _SETTLED,
        _always(web_page(202, "Welcome")),
        accepts=True,
    ),
    Scenario(
        "298",
        "Accepted with 202, but the answer breaks off",
        _SETTLED,
        _accepted,
        accepts=True,
        transmission=Transmission.CUT,
    ),
)

SCENARIOS_BY_CODE = {scenario.code: scenario for scenario in SCENARIOS}
