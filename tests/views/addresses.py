"""Every address of the console: which answer each kind of person gets from it.

An address that is missing from these tables fails tests/views/test_rights.py.
"""

import uuid

from django.contrib.auth.models import Group
from django.urls import reverse
from django.urls.resolvers import URLResolver

from invocations.models import SavedFilter

PEOPLE = ["anonymous", "nina", "priya", "rosa", "ada", "sven"]
SIGN_IN = 302  # to the login page

PASSWORD_RESET = [f"password_reset{page}" for page in ("", "_done", "_confirm", "_complete")]

# The status of a GET, and of an empty POST, for each of the six people. A POST that is let in
# changes something or says what is missing.
MATRIX = {
    "dashboard": ((SIGN_IN, 200, 200, 200, 200, 200), (SIGN_IN, 405, 405, 405, 405, 405)),
    "needs_you": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 405, 405, 405, 405, 405)),
    "ask_admin": ((SIGN_IN, 405, 405, 405, 405, 405), (SIGN_IN, 403, 404, 404, 404, 404)),
    "request_done": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 404, 404)),
    "favourite": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 404, 403, 404, 404)),
    "followed_up": ((SIGN_IN, 403, 405, 405, 405, 405), (SIGN_IN, 403, 403, 403, 403, 403)),
    "send": ((SIGN_IN, 403, 200, 403, 200, 200), (SIGN_IN, 403, 405, 403, 405, 405)),
    "compose": ((SIGN_IN, 403, 200, 403, 200, 200), (SIGN_IN, 403, 200, 403, 200, 200)),
    "preview": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 200, 403, 200, 200)),
    "remove_preset": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 403, 403, 302, 302)),
    "workflow": ((SIGN_IN, 403, 403, 200, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "add_workflow": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "template_fields": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "workflow_preview": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 200, 200)),
    "new_workflow_preview": (
        (SIGN_IN, 403, 403, 403, 405, 405),
        (SIGN_IN, 403, 403, 403, 200, 200),
    ),
    "test_workflow": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "go_live": ((SIGN_IN, 403, 403, 403, 302, 302), (SIGN_IN, 403, 403, 403, 302, 302)),
    "back_to_draft": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 302, 302)),
    "on_send_page": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 302, 302)),
    "copy_workflow": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "export_workflow": ((SIGN_IN, 403, 403, 200, 200, 200), (SIGN_IN, 403, 403, 405, 405, 405)),
    "import_workflow": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "batches": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "new_batch": ((SIGN_IN, 403, 200, 403, 200, 200), (SIGN_IN, 403, 200, 403, 200, 200)),
    "batch_example": ((SIGN_IN, 403, 200, 403, 200, 200), (SIGN_IN, 403, 405, 403, 405, 405)),
    "batch": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    # Started, and uploaded by nobody of these: what is done before the start is the uploader's.
    "batch_check": ((SIGN_IN, 403, 302, 403, 302, 302), (SIGN_IN, 403, 302, 403, 302, 302)),
    "batch_faulty_rows": ((SIGN_IN, 403, 404, 403, 404, 404), (SIGN_IN, 403, 405, 403, 405, 405)),
    "batch_confirm": ((SIGN_IN, 403, 302, 403, 302, 302), (SIGN_IN, 403, 302, 403, 302, 302)),
    "batch_delete": ((SIGN_IN, 403, 302, 403, 302, 302), (SIGN_IN, 403, 302, 403, 302, 302)),
    "batch_pause": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 302, 403, 302, 302)),
    "batch_resume": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 302, 403, 302, 302)),
    "batch_cancel": ((SIGN_IN, 403, 200, 403, 200, 200), (SIGN_IN, 403, 302, 403, 302, 302)),
    "batch_send_again": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 302, 403, 302, 302)),
    "batch_result": ((SIGN_IN, 403, 302, 302, 302, 302), (SIGN_IN, 403, 405, 405, 405, 405)),
    "profile": ((SIGN_IN, 200, 200, 200, 200, 200), (SIGN_IN, 200, 200, 200, 200, 200)),
    "find": ((SIGN_IN, 200, 200, 200, 200, 200), (SIGN_IN, 200, 200, 200, 200, 200)),
    "history": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 200, 200, 200, 200)),
    "errors": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "save_filter": ((SIGN_IN, 403, 405, 405, 405, 405), (SIGN_IN, 403, 302, 302, 302, 302)),
    "remove_filter": ((SIGN_IN, 403, 405, 405, 405, 405), (SIGN_IN, 403, 404, 404, 302, 404)),
    "bulk_actions": ((SIGN_IN, 403, 405, 405, 405, 405), (SIGN_IN, 403, 302, 302, 302, 302)),
    "side_panel": ((SIGN_IN, 403, 302, 302, 302, 302), (SIGN_IN, 403, 405, 405, 405, 405)),
    "invocation": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "person": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "add_note": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 200, 200, 200, 200)),
    "try_again": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 302, 403, 302, 302)),
    "cancel": ((SIGN_IN, 403, 405, 403, 405, 405), (SIGN_IN, 403, 302, 403, 302, 302)),
    "reschedule": ((SIGN_IN, 403, 302, 403, 302, 302), (SIGN_IN, 403, 302, 403, 302, 302)),
    "settle": ((SIGN_IN, 403, 403, 403, 302, 302), (SIGN_IN, 403, 403, 403, 302, 302)),
    "changes": ((SIGN_IN, 403, 403, 200, 200, 200), (SIGN_IN, 403, 403, 200, 200, 200)),
    "download_changes": ((SIGN_IN, 403, 403, 200, 200, 200), (SIGN_IN, 403, 403, 405, 405, 405)),
    "unknown": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "unmatched": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "match_result": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 302, 302)),
    "set_aside": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "stop": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    # Without a stop it leads to the stop page.
    "cancel_waiting": ((SIGN_IN, 403, 403, 403, 302, 302), (SIGN_IN, 403, 403, 403, 302, 302)),
    "let_go_on": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 302, 302)),
    "resume": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 302, 302)),
    "resume_workflow": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 302, 302)),
    "account_hub": ((SIGN_IN, 403, 403, 200, 200, 200), (SIGN_IN, 403, 403, 405, 405, 405)),
    "pause_account": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "callback_setup": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 302, 302)),
    "check_key": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 200, 200)),
    "limits": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 302, 302)),
    "account_limits": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 302, 302)),
    "do_not_contact": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "allow_again": ((SIGN_IN, 403, 403, 403, 404, 404), (SIGN_IN, 403, 403, 403, 404, 404)),
    "stop_contact_from": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "listed_numbers": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "unlist": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 404, 404)),
    "account_live": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 302, 302)),
    "approvals": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "approval": ((SIGN_IN, 403, 404, 404, 404, 404), (SIGN_IN, 403, 404, 404, 404, 404)),
    # For a machine with the address's secret: tests/views/results/test_callbacks.py
    "callback": ((405,) * 6, (401,) * 6),
    "callback_as_written": ((405,) * 6, (401,) * 6),
    "confirmations": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 405, 405)),
    "confirm_change": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 404, 404)),
    "refuse_change": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 404, 404)),
    # For browsers: tests/edges/test_policy_reports.py
    "policy_report": ((405,) * 6, (415,) * 6),
    "glossary": ((SIGN_IN, 200, 200, 200, 200, 200), (SIGN_IN, 405, 405, 405, 405, 405)),
    # Each has just proved who they are, so the page leads on.
    "prove": ((SIGN_IN, 302, 302, 302, 302, 302), (SIGN_IN, 403, 403, 403, 403, 403)),
    "end_other_sessions": (
        (SIGN_IN, 405, 405, 405, 405, 405),
        (SIGN_IN, 302, 302, 302, 302, 302),
    ),
    "unlock_person": ((SIGN_IN, 403, 403, 403, 405, 405), (SIGN_IN, 403, 403, 403, 404, 404)),
    "reveal_number": ((SIGN_IN, 403, 302, 302, 302, 302), (SIGN_IN, 403, 403, 403, 200, 200)),
    "reveal_person": ((SIGN_IN, 403, 302, 302, 302, 302), (SIGN_IN, 403, 403, 403, 200, 200)),
    "reveal_result": ((SIGN_IN, 403, 302, 302, 302, 302), (SIGN_IN, 403, 403, 403, 200, 200)),
    "export_with_numbers": (
        (SIGN_IN, 403, 403, 403, 405, 405),
        (SIGN_IN, 403, 403, 403, 302, 302),
    ),
    "erase": ((SIGN_IN, 403, 403, 403, 200, 200), (SIGN_IN, 403, 403, 403, 200, 200)),
    "erasure": ((SIGN_IN, 403, 403, 403, 404, 404), (SIGN_IN, 403, 403, 403, 405, 405)),
    "export": ((SIGN_IN, 403, 405, 405, 405, 405), (SIGN_IN, 403, 302, 302, 302, 302)),
    "exports": ((SIGN_IN, 403, 200, 200, 200, 200), (SIGN_IN, 403, 405, 405, 405, 405)),
    "download": ((SIGN_IN, 403, 405, 405, 405, 405), (SIGN_IN, 403, 404, 404, 404, 404)),
    "cancel_export": ((SIGN_IN, 403, 405, 405, 405, 405), (SIGN_IN, 403, 404, 404, 404, 404)),
    # Closed without EMAIL_URL: tests/views/setup/test_password_reset.py
    **dict.fromkeys(PASSWORD_RESET, ((404,) * 6, (404,) * 6)),
    "healthz": ((200,) * 6, (405,) * 6),
    "readyz": ((200,) * 6, (405,) * 6),
    # For a machine with METRICS_TOKEN: tests/views/monitoring/test_metrics.py
    "metrics": ((404,) * 6, (405,) * 6),
}
NOT_FOR_PEOPLE = {
    *("healthz", "readyz", "metrics", "callback", "callback_as_written", "policy_report"),
    *PASSWORD_RESET,
}
CONFIGURATION = ("pod", "account", "apikey", "workflowinstance")
PAGES = ("changelist", "add", "history", "delete", "change")

# Tested in detail by tests/admin: closed without signing in, to nina and to priya; rosa can read,
# but change nothing.
SETUP = {
    *(f"admin:invocations_{model}_{page}" for model in CONFIGURATION for page in PAGES),
    *(f"admin:auth_{model}_{page}" for model in ("user", "group") for page in PAGES),
    "admin:auth_user_password_change",
}

# django-simple-history's pages of old versions are closed to everybody.
CLOSED = {f"admin:invocations_{model}_simple_history" for model in CONFIGURATION}

# Django's and Unfold's own pages, which check permissions themselves: without signing in they
# redirect to the login page or are not found.
SHELL = {
    *(
        f"admin:{name}"
        for name in ("index", "autocomplete", "jsi18n", "view_on_site", "app_list", "")
    ),
    *(f"admin:{name}" for name in ("login", "logout", "password_change", "password_change_done")),
}

OF_THE_SHELL = {
    "admin:": "/no-such-page/",
    "admin:view_on_site": "/r/1/1/",
    "admin:app_list": "/invocations/",
    "admin:autocomplete": "/autocomplete/?app_label=invocations&model_name=invocation"
    "&field_name=workflow_instance",
}
"""Addresses that are no record's."""

OF_A_WORKFLOW = {
    *("compose", "preview", "template_fields", "resume_workflow", "workflow", "workflow_preview"),
    *("test_workflow", "go_live", "back_to_draft", "on_send_page", "copy_workflow"),
    "export_workflow",
}


OF_AN_ACCOUNT = {
    *("resume", "callback_setup", "account_hub", "pause_account"),
    *("account_limits", "listed_numbers", "account_live"),
}


def url_names(patterns, prefix=""):
    """The name of each URL pattern, with its namespace."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from url_names(
                pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix
            )
        else:
            yield prefix + (pattern.name or "")


def address_of(name, world):
    """The address with this URL name, for the records of `world` (see conftest.py)."""
    records = {
        "pod": world.workflow.account.pod,
        "account": world.workflow.account,
        "apikey": world.workflow.account.primary_key,
    }
    records |= {
        "workflowinstance": world.workflow,
        "user": world.person,
        "group": Group.objects.get(name="Admin"),
    }
    if name in OF_A_WORKFLOW:
        return reverse(name, args=[world.workflow.pk])
    if name in OF_AN_ACCOUNT:
        return reverse(name, args=[world.workflow.account.pk])
    if name.startswith("batch") and name not in ("batches", "batch_example"):
        formats = ["csv"] if name == "batch_result" else []
        return reverse(name, args=[world.batch.uid, *formats])
    if name == "batch_example":
        return reverse(name, args=[world.workflow.pk, "csv"])
    if name == "check_key":
        return reverse(name, args=[world.workflow.account.primary_key.pk])
    if name == "password_reset_confirm":
        return reverse(name, args=["MQ", "a-token"])
    if name == "callback_as_written":
        return reverse("callback", args=["no-such-token"]).removesuffix("/")
    if name == "callback":
        return reverse(name, args=["no-such-token"])
    if name in {"match_result", "reveal_result"}:
        return reverse(name, args=[world.orphan.pk])
    if name == "set_aside":
        return reverse(name, query={"id": world.orphan.pk})
    if name == "request_done":
        return reverse(name, args=[uuid.uuid4()])
    if name in {
        "invocation",
        "try_again",
        "cancel",
        "reschedule",
        "settle",
        "side_panel",
        "add_note",
        "followed_up",
        "stop_contact_from",
        "reveal_number",
    }:
        return reverse(name, args=[world.row.request_id])
    if name in {"allow_again", "approval"}:
        return reverse(name, args=[9_999_999])
    if name == "unlist":
        return reverse(name, args=[world.workflow.account.pk, 9_999_999])
    if name in {"person", "reveal_person"}:
        return reverse(name, args=[world.row.recipient_digest])
    if name == "remove_filter":
        saved = {"person": world.person, "name": "mine", "query": "status=held"}
        return reverse(name, args=[SavedFilter.objects.get_or_create(**saved)[0].pk])
    if name == "unlock_person":
        return reverse(name, args=[10**9])
    if name in {"download", "cancel_export", "confirm_change", "refuse_change", "erasure"}:
        return reverse(name, args=[uuid.uuid4()])
    if name == "remove_preset":
        return reverse(name, args=[world.preset().pk])
    if name in OF_THE_SHELL:
        return OF_THE_SHELL[name]
    model, _, page = name.removeprefix("admin:").partition("_")[2].partition("_")
    if name.endswith("simple_history"):
        return reverse(name, args=[records[model].pk, records[model].history.first().pk])
    if page in {"history", "delete", "change", "password_change"}:
        return reverse(name, args=[records[model].pk])
    return reverse(name)
