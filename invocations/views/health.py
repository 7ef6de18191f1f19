"""Whether the process lives, and whether it can do its work. For load balancers; says nothing about anybody."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if the database answers and knows our tables, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM invocations_pod LIMIT 1")
    except DatabaseError:
        return HttpResponse("database not ready\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
