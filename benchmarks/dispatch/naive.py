"""The plain design, for comparison: one Celery task for each message loads, posts and saves a row.

As fast as possible: threads with keep-alive sessions, kept database connections, prefetched
messages, and no results.
`python -m benchmarks.dispatch.naive` puts a task on the broker for each row that is queued.
"""

from __future__ import annotations

import os
import threading

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

import requests
from celery import Celery
from django.utils import timezone

from invocations.models import Invocation

# Without the fixup for Django, which would close the connection after each task.
app = Celery("naive", broker=os.environ["TEST_BROKER_URL"], fixups=[])
app.conf.update(
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
kept = threading.local()


@app.task(name="send")
def send(pk: int) -> None:
    row = Invocation.objects.select_related("account__pod", "workflow_instance").get(pk=pk)
    if not hasattr(kept, "session"):
        kept.session = requests.Session()
        kept.session.trust_env = False
    account = row.account
    key = account.primary_key
    assert key
    instances = f"http://{account.pod.api_domain}/v1/{account.sid}/workflow/v1/instances"
    url = f"{instances}/{row.workflow_instance.workflow_instance_id}/invoke"
    headers = {"Content-Type": "application/json", "api-key": key.key}
    answer = kept.session.post(
        url, data=row.payload.encode(), headers=headers, timeout=(5, 10), allow_redirects=False
    )
    row.http_status = answer.status_code
    row.workflow_invocation_id = answer.json()["workflowInvocationId"]
    row.status, row.due_at, row.final_at, row.reply = "accepted", None, timezone.now(), answer.text
    row.save()


if __name__ == "__main__":
    with app.producer_pool.acquire() as producer:
        queued = Invocation.objects.filter(status="queued").order_by("pk")
        for pk in queued.values_list("pk", flat=True):
            send.apply_async((pk,), producer=producer)
