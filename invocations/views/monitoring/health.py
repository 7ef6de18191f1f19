"""Endpoints for monitors: liveness, readiness and metrics. They hold no personal data."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from invocations.monitoring.metrics import prometheus_text


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if the database answers and has all migrations of this version, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM invocations_pod LIMIT 1")
        _check_migrations()
    except (DatabaseError, _NotMigrated) as error:
        why = "migrations are missing" if isinstance(error, _NotMigrated) else "database not ready"
        return HttpResponse(f"{why}\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


class _NotMigrated(Exception):
    pass


@cache  # A successful check holds as long as the process runs; exceptions are not cached.
def _check_migrations() -> None:
    """Raises `_NotMigrated` if one is missing."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _NotMigrated


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics in Prometheus' text format. Requires METRICS_TOKEN as a bearer token (RFC 6750).

    404 while that setting is empty.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(
        request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    ):
        return HttpResponse(
            "not for you\n",
            content_type="text/plain",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
    return HttpResponse(
        prometheus_text(timezone.now()),
        content_type="text/plain; version=0.0.4; charset=utf-8",
    )
