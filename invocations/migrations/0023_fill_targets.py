"""Fills the targets of existing messages and attempts from the change history of the set-up.

It works in batches of `BATCH` rows, each in a transaction of its own, and skips rows that have a
target: after an interruption, `migrate` goes on where it ended. Messages can be sent meanwhile.
"""

from datetime import datetime, timezone

from django.db import migrations, transaction

BATCH = 5_000
FIRST, LAST = datetime(1, 1, 2, tzinfo=timezone.utc), datetime(9998, 1, 1, tzinfo=timezone.utc)
PERIODS = "invocations_target_period"  # a temporary table


class _History:
    """The versions of the records of one model: per record, (from when, is a creation, row)."""

    def __init__(self, apps, name, alias):
        self.now = apps.get_model("invocations", name).objects.using(alias).in_bulk()
        self.versions = {}
        rows = apps.get_model("invocations", f"Historical{name}").objects.using(alias)
        for row in rows.order_by("id", "history_date", "history_id"):
            self.versions.setdefault(row.id, []).append(row)

    def changes(self, pk):
        return [row.history_date for row in self.versions.get(pk, ())]

    def at(self, pk, moment):
        """The record at `moment`; and whether it had to be assumed to be as it is now.

        A record without any version was never changed. Before its creation there is the first one.
        """
        versions = self.versions.get(pk, ())
        before = [row for row in versions if row.history_date <= moment and row.history_type != "-"]
        if before:
            return before[-1], False
        if versions and versions[0].history_type == "+":
            return versions[0], False
        now = self.now.get(pk) or (versions[-1] if versions else None)
        return now, bool(versions) and versions[0].history_type != "-"


def _periods(apps, alias):
    """Yields (workflow, account, from, to, (host, SID, workflow ID), is assumed)."""
    workflows, accounts, pods = (
        _History(apps, name, alias) for name in ("WorkflowInstance", "Account", "Pod")
    )
    for workflow in workflows.now.values():
        account_pk = workflow.account_id
        account_versions = accounts.versions.get(account_pk, ())
        pod_pks = {accounts.now[account_pk].pod_id, *(row.pod_id for row in account_versions)}
        changes = {*workflows.changes(workflow.pk), *accounts.changes(account_pk)}
        changes = changes.union(*(pods.changes(pk) for pk in pod_pks))
        starts = [FIRST, *sorted(changes)]
        for start, end in zip(starts, [*starts[1:], LAST], strict=True):
            account, is_account_assumed = accounts.at(account_pk, start)
            of_workflow, is_workflow_assumed = workflows.at(workflow.pk, start)
            pod, is_pod_assumed = pods.at(account.pod_id, start)
            if pod is None:  # deleted without a trace: leave it to today's set-up
                account, is_pod_assumed = accounts.now[account_pk], True
                pod = pods.now[account.pod_id]
            parts = pod.api_domain, account.sid, of_workflow.workflow_instance_id
            is_assumed = is_account_assumed or is_workflow_assumed or is_pod_assumed
            yield workflow.pk, account_pk, start, end, parts, is_assumed


def _store_periods(apps, connection):
    """Writes the periods, with their targets, into a temporary table for the UPDATEs."""
    targets = apps.get_model("invocations", "Target").objects.using(connection.alias)
    adapt = connection.ops.adapt_datetimefield_value
    rows = []
    for workflow_pk, account_pk, start, end, (host, sid, name), is_assumed in _periods(
        apps, connection.alias
    ):
        target, _is_new = targets.get_or_create(
            api_domain=host, sid=sid, workflow_instance_id=name, is_assumed=is_assumed
        )
        rows.append((workflow_pk, account_pk, adapt(start), adapt(end), target.pk))
    moment = "timestamp with time zone" if connection.vendor == "postgresql" else "datetime"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {PERIODS}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {PERIODS} (workflow_id bigint, account_id bigint,"
            f" starts {moment}, ends {moment}, target_id bigint)"
        )
        cursor.execute(f"CREATE INDEX {PERIODS}_by_workflow ON {PERIODS} (workflow_id, starts)")
        cursor.executemany(f"INSERT INTO {PERIODS} VALUES (%s, %s, %s, %s, %s)", rows)


def _period(moment):
    return (
        f"SELECT p.target_id FROM {PERIODS} p WHERE p.workflow_id = i.workflow_instance_id"
        f" AND p.account_id = i.account_id AND p.starts <= {moment} AND {moment} < p.ends"
        " ORDER BY p.starts DESC LIMIT 1"
    )


FILL_ATTEMPTS = f"""
UPDATE invocations_attempt SET target_id = (
    SELECT ({_period("invocations_attempt.started_at")})
    FROM invocations_invocation i WHERE i.id = invocations_attempt.invocation_id)
WHERE id > %s AND id <= %s AND target_id IS NULL
"""
# Of a message, the attempt that was accepted; else the first that is in doubt; else the last. A
# message without an attempt has the set-up of when it was recorded; one that has not left follows.
FILL_INVOCATIONS = f"""
UPDATE invocations_invocation SET target_id = COALESCE(
    (SELECT a.target_id FROM invocations_attempt a
     WHERE a.invocation_id = invocations_invocation.id AND a.target_id IS NOT NULL
     ORDER BY CASE a.outcome WHEN 'accepted' THEN 0 WHEN 'doubtful' THEN 1
                             WHEN 'under_way' THEN 1 ELSE 2 END,
              CASE WHEN a.outcome IN ('doubtful', 'under_way') THEN a.number ELSE -a.number END
     LIMIT 1),
    (SELECT ({_period("invocations_invocation.created_at")})
     FROM invocations_invocation i WHERE i.id = invocations_invocation.id))
WHERE id > %s AND id <= %s AND target_id IS NULL
"""


def fill(apps, schema_editor):
    connection = schema_editor.connection
    _fill_keys(apps, connection.alias)
    _store_periods(apps, connection)
    for name, statement in (("Attempt", FILL_ATTEMPTS), ("Invocation", FILL_INVOCATIONS)):
        rows = apps.get_model("invocations", name).objects.using(connection.alias).order_by()
        empty = rows.filter(target__isnull=True)
        first = empty.order_by("pk").values_list("pk", flat=True).first()
        last = rows.order_by("-pk").values_list("pk", flat=True).first()
        while first is not None and first <= last:
            with transaction.atomic(connection.alias), connection.cursor() as cursor:
                cursor.execute(statement, [first - 1, first + BATCH - 1])
            first += BATCH
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {PERIODS}")


def _fill_keys(apps, alias):
    """The SID of a key's account, as it is now."""
    for key in apps.get_model("invocations", "ApiKey").objects.using(alias).filter(sid=""):
        account = apps.get_model("invocations", "Account").objects.using(alias).get(pk=key.account_id)
        apps.get_model("invocations", "ApiKey").objects.using(alias).filter(pk=key.pk, sid="").update(
            sid=account.sid
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("invocations", "0022_patterns")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
