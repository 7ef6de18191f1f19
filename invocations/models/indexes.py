"""The database indexes of `Invocation`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan

FILTER_COLUMNS = (
    "status",
    "delivery",
    "deciding_channel",
    "http_status",
    "workflow_instance",
    "account",
    "created_by",
    "created_at",
)
"""The columns that the filters of the history read, except for texts."""


LAST_CHARACTER = "\U0010ffff"
"""No other character sorts after it in `ByteOrder`."""


class ByteOrder(Func):
    """A text that is compared by its bytes, whatever the collation of the database.

    SQLite always does so. In the order of a language, PostgreSQL cannot find beginnings by an
    index.
    """

    arity = 1
    template = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='%(expressions)s COLLATE "C"', **context)


_TICKET = ByteOrder(Upper("reference"))


def ticket_is(text: str) -> Q:
    """The invocations with this ticket, in capitals or not; by one index."""
    return Q(Exact(_TICKET, Upper(Value(text))))


def ticket_starts_with(text: str) -> Q:
    """The invocations whose ticket begins with `text`, in capitals or not; by the same index."""
    end = Upper(Value(text + LAST_CHARACTER))
    return Q(GreaterThanOrEqual(_TICKET, Upper(Value(text)))) & Q(LessThan(_TICKET, end))


_HAS_KALEYRAS_ID = ~Q(workflow_invocation_id="")


def kaleyras_id_in(ids: Collection[str]) -> Q:
    """The invocations with one of Kaleyra's IDs, none of them empty; by one index.

    Fresh rows have no ID, and no entry in it. SQLite takes it only if the query says so.
    """
    return Q(workflow_invocation_id__in=ids) & _HAS_KALEYRAS_ID


def _filter_index(name: str, field: str = "", condition: Q | None = None) -> models.Index:
    """The index of one filter of the history, sorted as its pages are.

    Without `field` the condition alone is the filter. The index includes the columns of the other
    filters, so that PostgreSQL combines two filters without reading the rows: where few rows meet
    both, that takes a second instead of a minute. SQLite has no included columns and ignores them.
    """
    others = [column for column in FILTER_COLUMNS if column != field]
    return models.Index(
        fields=[field, "id"] if field else ["id"], include=others, condition=condition, name=name
    )


# Fresh rows have no answer: without the first condition, each would have an entry here.
_OTHER_THAN_202 = Q(http_status__isnull=False) & ~Q(http_status=202)

INVOCATION_INDEXES = [
    _filter_index("invocation_by_status", "status"),
    _filter_index("invocation_by_workflow", "workflow_instance"),
    _filter_index("invocation_by_account", "account"),
    _filter_index("invocation_by_person", "created_by"),
    _filter_index("invocation_by_delivery", "delivery", ~Q(delivery="")),
    _filter_index("invocation_by_channel", "deciding_channel", Q(deciding_channel__isnull=False)),
    _filter_index("invocation_by_http_status", "http_status", _OTHER_THAN_202),
    _filter_index("invocation_by_error", "error_kind", ~Q(error_kind="")),
    _filter_index("invocation_by_reason", "reason", ~Q(reason="") & ~Q(reason="accepted")),
    _filter_index("invocation_delivered", condition=Q(deciding_channel__gt=0)),
    _filter_index(
        "invocation_ended_unreported",
        condition=Q(delivery="completed", deciding_channel__isnull=True),
    ),
    _filter_index("invocation_may_be_double", condition=Q(may_be_double=True)),
    _filter_index("invocation_sent_again", condition=Q(sent_again_from__isnull=False)),
    models.Index(
        fields=["sent_again_from"],
        condition=Q(sent_again_from__isnull=False),
        name="invocation_by_original",
    ),
    _filter_index("invocation_by_batch", "batch", Q(batch__isnull=False)),
    # Work lists of the dispatcher.
    models.Index(
        fields=["lease_until"], condition=Q(status="sending"), name="invocation_under_way"
    ),
    models.Index(
        fields=["account", "due_at"],
        condition=Q(due_at__isnull=False),
        name="invocation_due_by_account",
    ),
    # The few that come before the rest of a long queue: without an index of their own, each claim
    # would read the whole queue to find them.
    models.Index(
        fields=["account", "due_at"],
        condition=Q(due_at__isnull=False, comes_first=True),
        name="invocation_due_first",
    ),
    models.Index(
        fields=["account", "due_at"],
        condition=Q(due_at__isnull=False, doubtful_since__isnull=False),
        name="invocation_due_in_doubt",
    ),
    # Those that a batch has in the queue: counted before it feeds more, and cancelled with it.
    models.Index(
        fields=["batch"],
        condition=Q(batch__isnull=False, status__in=["queued", "sending", "held"]),
        name="invocation_of_batch_unsettled",
    ),
    models.Index(
        fields=["not_after"],
        condition=Q(status__in=["queued", "held"]),
        name="invocation_may_expire",
    ),
    models.Index(
        fields=["result_due_at"], condition=Q(delivery="awaiting"), name="invocation_result_due"
    ),
    models.Index(
        fields=["final_at"], condition=Q(status="rejected"), name="invocation_refused_lately"
    ),
    # What is to be removed (`privacy.purge`), the oldest first. It has no row that is done.
    models.Index(
        fields=["workflow_instance", "final_at"],
        condition=Q(values_removed_at__isnull=True, final_at__isnull=False),
        name="invocation_with_values",
    ),
    # Exact search. `db_index` on a CharField would add a second index for LIKE on PostgreSQL, which
    # no query uses.
    models.Index(_TICKET, "id", name="invocation_by_ticket"),
    models.Index(
        fields=["workflow_invocation_id"],
        condition=_HAS_KALEYRAS_ID,
        name="invocation_by_kaleyras_id",
    ),
    models.Index(fields=["recipient_digest", "id"], name="invocation_by_recipient"),
    # Partial, because most rows have no second number: with the empty values in the index, SQLite
    # estimated that every number has a million rows.
    models.Index(
        fields=["recipient2_digest", "id"],
        condition=~Q(recipient2_digest=""),
        name="invocation_by_2nd_recipient",
    ),
    models.Index(fields=["recipient_last_four", "id"], name="invocation_by_last_four"),
    models.Index(
        fields=["recipient2_last_four", "id"],
        condition=~Q(recipient2_last_four=""),
        name="invocation_by_second_last_four",
    ),
]
