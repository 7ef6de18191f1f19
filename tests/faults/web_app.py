"""What gunicorn serves in a run of the kill harness: the console with shorter times, or a bug.

FAULTS_BUG=short_result gunicorn tests.faults.web_app
"""

from __future__ import annotations

import os

from tests.faults import worker  # first: it sets Django up

from invocations.batches import checking  # isort: skip

LARGE_BYTES = 8_000
"""A larger file is checked by a process of its own."""

worker.hurry(worker.HURRY)
worker._replace(checking, "SMALL_BYTES", LARGE_BYTES)
if bug := os.environ.get("FAULTS_BUG"):
    worker.BUGS[bug]()

from fallback_console.wsgi import application  # noqa: E402, F401
