"""`manage.py invoke`: send one invocation from a shell. The same deed as the send page's."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from invocations.forms.send import WRONG_NUMBER
from invocations.forms.template_params import SENTENCES
from invocations.history.meanings import meaning_of
from invocations.history.reasons import REASONS
from invocations.kaleyra import recipients, template_params
from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import Send, build_payload, to_curl, to_text
from invocations.models import Invocation, WorkflowInstance
from invocations.sending.deliver import deliver
from invocations.sending.record import NotSendable, RequestIdTaken, record

EXIT = {Invocation.Status.ACCEPTED: 0, Invocation.Status.REJECTED: 1}
WRONG_USAGE, NOT_SETTLED = 2, 3
NOT_SENDABLE = {
    "inactive": "This workflow is turned off.",
    "channels": "This workflow has no channels yet.",
    "too_late": "Its time would be over before it begins.",
}


class Command(BaseCommand):
    help = "Sends one invocation. Exit code: 0 accepted, 1 rejected, 2 wrong usage (nothing recorded), 3 unknown, held or still queued."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workflow", metavar="WORKFLOW", help="its workflow ID, or its title")
        parser.add_argument("--recipient", required=True, metavar="N", help="with country code")
        parser.add_argument(
            "--recipient2", metavar="N", help="for the second channel, if it is another number"
        )
        parser.add_argument(
            "--param",
            action="append",
            default=[],
            metavar="K=V",
            help="a value for both channels; may be repeated",
        )
        parser.add_argument(
            "--param1",
            action="append",
            default=[],
            metavar="K=V",
            help="a value for the first channel only",
        )
        parser.add_argument(
            "--param2",
            action="append",
            default=[],
            metavar="K=V",
            help="a value for the second channel only",
        )
        parser.add_argument(
            "--request-id",
            type=uuid.UUID,
            metavar="U",
            help="a UUID; given again with the same content, nothing more is sent",
        )
        parser.add_argument(
            "--not-before",
            metavar="TIME",
            help="leave no earlier, for example 2027-03-01T09:00+05:30",
        )
        parser.add_argument(
            "--not-after", metavar="TIME", help="never leave later; else the workflow says how long"
        )
        parser.add_argument(
            "--reference", default="", metavar="T", help="a ticket, to find it again"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would be posted, and send nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As ever, but with our exit codes: Django's 1 for every refusal would say "rejected" here."""
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if refusal.returncode != NOT_SETTLED:
                refusal.returncode = WRONG_USAGE
            raise

    def handle(self, *args: Any, **options: Any) -> None:
        request_id = options["request_id"] or uuid.uuid4()
        try:
            self._invoke(request_id, options)
        except CommandError:
            raise
        except Exception as error:
            # It may have gone out, and what the error says could hold a number.
            raise CommandError(
                f"The console failed ({type(error).__name__}): the outcome is not known. "
                f"Look it up in the history, or give the command again with --request-id {request_id}: it cannot go out twice.",
                returncode=NOT_SETTLED,
            ) from error

    def _invoke(self, request_id: uuid.UUID, options: dict[str, Any]) -> None:
        workflow = _workflow(options["workflow"])
        sends = _sends(workflow, options)
        not_before, not_after = _moment(options["not_before"]), _moment(options["not_after"])
        if options["dry_run"]:
            self._show_only(workflow, str(request_id), sends)
            return
        try:
            invocation, recorded = record(
                workflow,
                sends,
                request_id=request_id,
                created_by=None,
                reference=options["reference"][:100],
                not_before=not_before,
                not_after=not_after,
            )
        except RequestIdTaken:
            raise CommandError(
                "This request ID belongs to another message. Nothing was sent."
            ) from None
        except NotSendable as refusal:
            raise CommandError(
                f"{NOT_SENDABLE.get(refusal.code, refusal.code)} Nothing was sent."
            ) from None
        sent = deliver(invocation.pk)
        invocation.refresh_from_db()
        self._print(invocation, repeated=not recorded and not sent, as_json=options["json"])
        raise SystemExit(EXIT.get(Invocation.Status(invocation.status), NOT_SETTLED))

    def _show_only(self, workflow: WorkflowInstance, request_id: str, sends: list[Send]) -> None:
        pod = workflow.account.pod
        payload = build_payload(request_id, sends)
        self.stdout.write(json.dumps(payload, ensure_ascii=False, indent=2))
        url = invoke_url(
            pod.api_domain,
            workflow.account.sid,
            workflow.workflow_instance_id,
            http=pod.is_practice,
        )
        self.stdout.write("\n" + to_curl(url, to_text(payload)))
        self.stdout.write("\nNothing was sent.")

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
            self.stdout.write("This request ID was recorded before; nothing more was sent.")
        meaning = meaning_of(invocation)
        self.stdout.write(f"{meaning.label}: {meaning.says}")
        if invocation.reason in REASONS:
            self.stdout.write(str(REASONS[invocation.reason]))
        for words in [invocation.message, *invocation.errors]:
            if words:
                self.stdout.write(f"Kaleyra: {words}")
        self.stdout.write(
            f"Request ID {invocation.request_id}, Kaleyra’s ID {invocation.workflow_invocation_id or 'not received'}"
        )


def _moment(text: str | None) -> datetime | None:
    """A time as ISO 8601 has it; without a zone it is UTC."""
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and moment is None:
        raise CommandError(f"{text!r} is not a time such as 2027-03-01T09:00+05:30.")
    return (
        moment if moment is None or timezone.is_aware(moment) else timezone.make_aware(moment, UTC)
    )


def _workflow(named: str) -> WorkflowInstance:
    found = list(
        WorkflowInstance.objects.select_related("account__pod").filter(
            Q(workflow_instance_id=named) | Q(title=named)
        )[:2]
    )
    if not found:
        raise CommandError("No workflow has this ID or title.")
    if len(found) > 1:
        raise CommandError("More than one workflow has this ID or title.")
    return found[0]


def _sends(workflow: WorkflowInstance, options: dict[str, Any]) -> list[Send]:
    count = workflow.channels.count()
    second = options["recipient2"]
    typed = [options["recipient"], options["recipient"] if second is None else second][:count]
    given = [options["param"] + options["param1"], options["param"] + options["param2"]][:count]
    if count == 1 and (second is not None or options["param2"]):
        raise CommandError("This workflow has one channel only.")
    return [
        Send(_recipient(number), _params(pairs)) for number, pairs in zip(typed, given, strict=True)
    ]


def _recipient(typed: str) -> str:
    try:
        return recipients.clean(typed).digits
    except recipients.RecipientError as error:
        raise CommandError(f"Recipient: {WRONG_NUMBER[error.code]}") from None


def _params(pairs: list[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    if not all(sign for _key, sign, _value in split):
        raise CommandError("A value is given as KEY=VALUE.")
    try:
        return template_params.checked((key, value) for key, _sign, value in split)
    except template_params.ParamsError as error:
        raise CommandError(str(SENTENCES[error.code]) % error.facts) from None
