"""`manage.py invoke`: send one invocation from a shell, past the same gate as the send page."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invocations.composing.check import check, of_times
from invocations.composing.findings import Finding, blockers
from invocations.composing.notes import Note
from invocations.composing.number_notes import notes_of_all
from invocations.history.reasons import REASONS
from invocations.history.state import meaning_of
from invocations.kaleyra import recipients
from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import Send, build_payload, to_curl, to_text
from invocations.management.closed_output import may_be_closed
from invocations.management.invoke_input import with_input
from invocations.management.invoke_text import lines_of, printable, refusal_text
from invocations.management.invoke_values import values_of
from invocations.management.options import moment_from, workflow_named
from invocations.models import Invocation, WorkflowInstance
from invocations.models.viewer import Viewer
from invocations.sending.deliver import deliver
from invocations.sending.record import NotAcknowledged, NotSendable, RequestIdTaken, record

EXIT = {Invocation.Status.ACCEPTED: 0, Invocation.Status.REJECTED: 1}
WRONG_USAGE, NOT_DECIDED = 2, 3


class Command(BaseCommand):
    help = (
        "Sends one message. Exit code: 0 accepted, 1 rejected, 2 refused or wrong usage"
        " (nothing was saved), 3 neither: it is queued, scheduled, sending or on hold, its outcome"
        " is unknown, or it was cancelled or has expired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("workflow", metavar="WORKFLOW", help="its workflow ID, or its title")
        add("--recipient", metavar="N", help="with country code; needed unless --input has it")
        add("--recipient2", metavar="N", help="for the second channel, if it is another number")
        for name, channels in [("", "both channels"), ("1", "the first"), ("2", "the second")]:
            words = f"a value for {channels}{' channel only' if name else ''}; may be repeated"
            add(f"--param{name}", action="append", default=[], metavar="K=V", help=words)
        add(
            "--input",
            metavar="FILE",
            help="numbers and values from a JSON file, or from standard input (-): they are not in "
            "the list of processes then. See docs/operating.md",
        )
        add(
            "--request-id",
            type=uuid.UUID,
            metavar="U",
            help="a UUID; given again with the same content, nothing more is sent",
        )
        add(
            "--not-before",
            metavar="TIME",
            help="leave no earlier, for example 2027-03-01T09:00+05:30",
        )
        add(
            "--not-after",
            metavar="TIME",
            help="expire then, if it has not left; otherwise the workflow says how long",
        )
        add("--reference", default="", metavar="T", help="a ticket, to find it again")
        add("--strict", action="store_true", help="refuse what has a caution, too")
        add("--check", action="store_true", help="say what the gate finds, and send nothing")
        add("--dry-run", action="store_true", help="print what would be posted, and send nothing")
        add("--json", action="store_true", help="print one JSON object")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """With our exit codes: Django's 1 for every refusal would say "rejected" here."""
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if refusal.returncode != NOT_DECIDED:
                refusal.returncode = WRONG_USAGE
            raise

    def handle(self, *args: Any, **options: Any) -> None:
        options = with_input(options)
        request_id = options["request_id"] or uuid.uuid4()
        try:
            self._invoke(request_id, options)
        except CommandError:
            raise
        except Exception as error:
            # It may have gone out, and what the error says could hold a number.
            raise CommandError(
                f"The console failed ({type(error).__name__}): the outcome is not known. "
                "Look it up in the history, or give the command again with "
                f"--request-id {request_id}: it cannot go out twice.",
                returncode=NOT_DECIDED,
            ) from error

    def _invoke(self, request_id: uuid.UUID, options: dict[str, Any]) -> None:
        workflow = workflow_named(options["workflow"])
        sends, notes, of_values = _sends(workflow, options)
        not_before, not_after = (
            moment_from(options["not_before"]),
            moment_from(options["not_after"]),
        )
        findings = of_values + check(workflow, sends, by=Viewer.operator(), not_before=not_before)
        findings += of_times(not_before=not_before, not_after=not_after)
        if Invocation.objects.filter(request_id=request_id).exists():
            # Given again, nothing more is sent: there is nothing to warn of.
            findings = blockers(findings)
        refusing = findings if options["strict"] else blockers(findings)
        if options["check"] or options["dry_run"]:
            with may_be_closed(self.stdout):
                self._show_only(workflow, str(request_id), sends, [*notes, *findings], options)
            raise SystemExit(WRONG_USAGE if refusing else 0)
        if refusing:
            raise CommandError(refusal_text(workflow, refusing))
        with may_be_closed(self.stderr):
            self._warn(workflow, [*notes, *findings])
        try:
            invocation, recorded = record(
                workflow,
                sends,
                request_id=request_id,
                created_by=None,
                acknowledged=() if options["strict"] else None,
                reference=options["reference"][:100],
                not_before=not_before,
                not_after=not_after,
            )
        except RequestIdTaken:
            raise CommandError(
                "This request ID belongs to another message. Nothing was sent."
            ) from None
        except (NotSendable, NotAcknowledged) as refusal:
            raise CommandError(refusal_text(workflow, refusal.findings)) from None
        sent = deliver(invocation.pk, comes_first=False)  # a script may send many
        invocation.refresh_from_db()
        with may_be_closed(self.stdout):
            self._print(invocation, repeated=not recorded and not sent, as_json=options["json"])
        raise SystemExit(EXIT.get(Invocation.Status(invocation.status), NOT_DECIDED))

    def _show_only(
        self,
        workflow: WorkflowInstance,
        request_id: str,
        sends: list[Send],
        said: list[Note | Finding],
        options: dict[str, Any],
    ) -> None:
        """`--check` and `--dry-run`: the URL, the payload of a dry run, what reading changed in
        numbers and keys, and the findings.
        """
        pod = workflow.account.pod
        url = invoke_url(
            pod.api_domain,
            workflow.account.sid,
            workflow.workflow_instance_id,
            http=pod.is_practice,
        )
        payload = build_payload(request_id, sends)
        if options["json"]:
            shown: dict[str, Any] = {"url": url}
            if options["dry_run"]:
                shown["payload"] = payload
            shown["notes"] = [each.as_json() for each in said if isinstance(each, Note)]
            shown["findings"] = [each.as_json() for each in said if isinstance(each, Finding)]
            self.stdout.write(printable(json.dumps(shown, ensure_ascii=False)))
            return
        if options["dry_run"]:
            self.stdout.write(printable(json.dumps(payload, ensure_ascii=False, indent=2)))
            self.stdout.write("\n" + printable(to_curl(url, to_text(payload))) + "\n")
        for line in lines_of(workflow, said):
            self.stdout.write(printable(line))
        if not any(isinstance(each, Finding) for each in said):
            self.stdout.write("Nothing was found: it can be sent.")
        self.stdout.write("Nothing was sent.")

    def _warn(self, workflow: WorkflowInstance, said: Iterable[Note | Finding]) -> None:
        """Cautions go to standard error: standard output may be one JSON object."""
        for line in lines_of(workflow, said):
            self.stderr.write(self.style.WARNING(line))

    def _print(self, invocation: Invocation, *, repeated: bool, as_json: bool) -> None:
        if as_json:
            shown = {
                "status": invocation.status,
                "delivery": invocation.delivery,
                "request_id": str(invocation.request_id),
                "workflow_invocation_id": invocation.workflow_invocation_id or None,
                "http_status": invocation.http_status,
                "message": invocation.message,
                "errors": invocation.errors,
            }
            self.stdout.write(json.dumps(shown, ensure_ascii=False))
            return
        if repeated:
            self.stdout.write("This request ID was used before; nothing more was sent.")
        meaning = meaning_of(invocation)
        self.stdout.write(f"{meaning.label}: {meaning.says}")
        reason = str(REASONS.get(invocation.reason, ""))
        if reason not in str(meaning.says):
            self.stdout.write(reason)
        for words in [invocation.message, *invocation.errors]:
            if words:
                self.stdout.write(f"Kaleyra: {words}")
        self.stdout.write(
            f"Request ID {invocation.request_id}, "
            f"Kaleyra’s ID {invocation.workflow_invocation_id or 'not received'}"
        )


def _sends(
    workflow: WorkflowInstance, options: dict[str, Any]
) -> tuple[list[Send], list[Note], list[Finding]]:
    """One for each channel; what reading changed in their numbers and keys; what was taken out of
    the values, or stands against their keys.

    What cannot be read of a number is left to the gate.
    """
    channels = list(workflow.channels.prefetch_related("parameters"))
    count = len(channels)
    second = options["recipient2"]
    typed = [options["recipient"], options["recipient"] if second is None else second][:count]
    given = [options["param"] + options["param1"], options["param"] + options["param2"]][:count]
    if count == 1 and (second is not None or options["param2"]):
        raise CommandError("This workflow has one channel only.")
    home = workflow.account.effective_home_country
    numbers = [_read(number, home) for number in typed]
    notes = notes_of_all(numbers)
    sends: list[Send] = []
    findings: list[Finding] = []
    for channel, number, text, pairs in zip(channels, numbers, typed, given, strict=True):
        params, of_keys, found = values_of(channel, pairs)
        sends.append(Send(number.digits if number else text, params))
        notes += of_keys
        findings += found
    return sends, notes, findings


def _read(typed: str, home: str) -> recipients.Recipient | None:
    try:
        return recipients.clean(typed, home)
    except recipients.RecipientError:
        return None
