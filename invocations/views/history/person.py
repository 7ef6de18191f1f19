"""Everything that was sent to one phone, newest first. Its address is a keyed digest."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invocations.batches.finding import MOST_SHOWN, unfed_rows
from invocations.forms.note import NoteForm
from invocations.history.detail import Detail
from invocations.history.filters import first_ids
from invocations.history.notes import notes_about
from invocations.history.person import Person, figures_of, of_kind, person_of
from invocations.history.person_messages import PersonMessages, person_ticket
from invocations.history.references import reference_for
from invocations.history.resend_risk import risk_of_resend
from invocations.history.story import with_story
from invocations.history.wording import clock_time, person_name
from invocations.kaleyra import recipients
from invocations.models import Invocation, permissions
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout
from invocations.views.history.history import id_parameter
from invocations.views.history.message_lines import Fact, lines_by_day

PERSON_PAGE_SIZE = 20


@staff_page(permissions.SEE_HISTORY)
@require_safe
@with_query_timeout
def person(request: StaffRequest, digest: str) -> HttpResponse:
    """Live messages, or practice ones (`?practice=only`, and where there are no others)."""
    return person_page(request, person_or_404(request, digest))


def person_or_404(request: StaffRequest, digest: str) -> Person:
    found = person_of(digest, request.viewer)
    if found is None:
        raise Http404
    return found


def person_page(request: StaffRequest, found: Person) -> HttpResponse:
    ids = {
        kind: found.newest_ids(request.viewer, of_kind(is_practice=kind)) for kind in (False, True)
    }
    is_asked = request.GET.get("practice") == "only"
    is_practice = not ids[False] or (is_asked and bool(ids[True]))
    context = {
        "person": found,
        "country": _country_of(found, request.LANGUAGE_CODE),
        "is_practice": is_practice,
        "others": len(ids[not is_practice]),
        "figures": figures_of(ids[is_practice]),
        "notes": notes_about([*ids[False], *ids[True]], request.viewer),
        "note_form": NoteForm(),
        "unfed": unfed_rows(found.digests, request.viewer.batches(), MOST_SHOWN),
        **_messages(request, found, is_practice=is_practice),
        **_newest(request.viewer, ids[is_practice]),
    }
    return render_page(request, "person.html", context)


def _messages(request: StaffRequest, found: Person, *, is_practice: bool) -> dict[str, Any]:
    """A page of the messages, and what can be found by them."""
    viewer, before = request.viewer, id_parameter(request, "before")
    messages = viewer.invocations().filter(of_kind(is_practice=is_practice))
    older = messages if before is None else messages.filter(pk__lt=before)
    ids = first_ids(found.ways, older.order_by("-pk"), PERSON_PAGE_SIZE + 1)
    shown = PersonMessages(ids[:PERSON_PAGE_SIZE], viewer)
    days = lines_by_day(shown.rows, lambda row: _facts_of(row, found, shown, viewer))
    for day in days:
        for line in day["rows"]:
            line["told"] = shown.by_pk[line["invocation"].pk]
    return {
        "days": days,
        "is_first_page": before is None,
        "older": ids[PERSON_PAGE_SIZE - 1] if len(ids) > PERSON_PAGE_SIZE else None,
        "found_by": shown.found_by,
        "tickets": [one for one in shown.tickets if reference_for(viewer, one) == one],
        "ticket_text": person_ticket(found, shown.rows, viewer),
        "number": found.number.formatted if viewer.sees_numbers and found.number else found.hint,
    }


def _facts_of(row: Invocation, found: Person, shown: PersonMessages, viewer: Viewer) -> list[Fact]:
    facts = [Fact(value) for _label, value in shown.by_pk[row.pk].values]
    facts += [Fact(person_name(row.created_by))]
    facts += [Fact(reference_for(viewer, row.reference))] if row.reference else []
    if row.recipient_digest not in found.digests:
        facts += [Fact(row.recipient_hint, _("on the second channel; the first went to"))]
    elif row.recipient2_hint:
        facts += [Fact(row.recipient2_hint, _("on the first channel; the second went to"))]
    again = row.sent_again_from
    if again and viewer.reading.reads(again):
        at = clock_time(again.created_at, "j M, H:i")
        facts += [Fact(at, _("sent again from"))]
    return facts


def _newest(viewer: Viewer, ids: list[int]) -> dict[str, Any]:
    """The newest message, and whether it may be sent again."""
    row = with_story(viewer).filter(pk=ids[0]).first() if ids else None
    if row is None:
        return {}
    detail = Detail(row, viewer)
    may_resend = detail.actions.may_resend and detail.actions.is_resendable
    return {"newest": detail, "risk": risk_of_resend(row), "may_resend": may_resend}


def _country_of(found: Person, language: str) -> str:
    return recipients.country(found.number.region, language) if found.number else ""
