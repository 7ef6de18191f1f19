"""Which page leaves which row of the trail, and how a test does that deed.

A page that takes a POST is in `DEEDS` or in `NO_DEED`.
"""

import json
from datetime import timedelta

import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from invocations.history import exports
from invocations.models import (
    Account,
    Batch,
    Invocation,
    WorkflowInstance,
)
from invocations.results import apply
from invocations.sending import pause
from tests.conftest import PASSWORD
from tests.views.addresses import address_of
from tests.views.conftest import DIGITS
from tests.views.pages import opened

NO_DEED = {
    **dict.fromkeys(
        ["preview", "new_workflow_preview", "workflow_preview"], "shows what is not stored"
    ),
    **dict.fromkeys(
        ["remove_preset", "favourite", "profile", "save_filter", "remove_filter"],
        "a person's own convenience",
    ),
    **dict.fromkeys(["ask_admin", "request_done"], "a question between colleagues"),
    **dict.fromkeys(
        ["batch_check", "batch_confirm"],
        "choices before the start, which records the rows (`batch_started`: new_batch)",
    ),
    "changes": "a search for a name",
    "policy_report": "a browser's, written to the log",
    **dict.fromkeys(["callback", "callback_as_written"], "Kaleyra's, kept in a table of results"),
}


def settled(ada, world):
    doubt = {"doubtful_since": timezone.now(), "doubt_count": 1}
    Invocation.objects.update(status="unknown", reason="timeout", due_at=None, **doubt)
    form = {"verdict": "delivered", "reason": "She read it out to me."}
    ada.post(address_of("settle", world), form)


def rescheduled(ada, world):
    tomorrow = timezone.now() + timedelta(days=1)
    Invocation.objects.update(not_before=tomorrow.replace(hour=9), due_at=tomorrow)
    form = opened(ada, address_of("reschedule", world)).form("was")
    ada.post(address_of("reschedule", world), {**form.fields, "time": "11:15"})


def sent(ada, world):
    """The review and the deed are tested in tests/views/send; both call `record`."""
    row = world.row
    assert row.request_id


def started(ada, world):
    file = SimpleUploadedFile("a.csv", b"Phone number\r\n919876512340\r\n")
    ada.post(f"/batches/new/?workflow={world.workflow.pk}", {"file": file})


def deleted(ada, world):
    started(ada, world)
    world.batch = Batch.objects.latest("pk")
    ada.post(address_of("batch_delete", world), {})


def cancelled_all(ada, world):
    pause.stop_everything("x", None)
    ada.post("/stop/cancel/", {"newest": world.row.pk})


def matched(ada, world):
    result = world.orphan
    Invocation.objects.update(status="accepted", due_at=None, final_at=timezone.now())
    apply.match_by_hand(result, Invocation.objects.get(), ada.person)


def paused_batch(ada, world):
    Batch.objects.update(state="paused")


def downloaded(ada, world):
    export = exports.request_export(ada.person, "", "csv")
    while exports.write_next_export():
        pass
    ada.post(f"/history/exports/{export.pk}/download/")


def stopped_export(ada, world):
    export = exports.request_export(ada.person, "", "csv")
    ada.post(f"/history/exports/{export.pk}/cancel/")


def ended_elsewhere(ada, world):
    Client().force_login(ada.person)
    ada.post("/me/sessions/end/")


def proved(ada, world):
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        ada.post("/prove/", {"step_up_password": PASSWORD})


def uploaded_again(ada, world):
    definition = json.loads(ada.get(f"/workflows/{world.workflow.pk}/export/").content)
    file = SimpleUploadedFile("x.workflow.json", json.dumps(definition).encode())
    account = world.workflow.account_id
    fields = {"account": account, "workflow_instance_id": "imported-1", "title": "Imported"}
    ada.post("/workflows/import/", {**fields, "file": file})


def posts(name, prepare=lambda: None, **fields):
    def deed(ada, world):
        prepare()
        ada.post(address_of(name, world), fields)

    return deed


def posts_form(name, field, **changes):
    def deed(ada, world):
        form = opened(ada, address_of(name, world)).form(field)
        ada.post(address_of(name, world), {**form.fields, **changes})

    return deed


def live_change(ada, world):
    WorkflowInstance.objects.update(stage="draft")
    posts_form("workflow", "title", title="Renamed")(ada, world)


def with_stop():
    pause.stop_everything("x", None)


DEEDS = {
    "compose": ("sent", sent),
    "test_workflow": ("sent", sent),
    "workflow": ("setting_changed", live_change),
    "template_fields": ("setting_changed", live_change),
    "add_workflow": ("setting_changed", uploaded_again),
    "import_workflow": ("setting_changed", uploaded_again),
    "copy_workflow": ("setting_changed", uploaded_again),
    "export_workflow": ("downloaded", uploaded_again),
    "go_live": (
        "setting_changed",
        posts("back_to_draft", lambda: WorkflowInstance.objects.update(stage="live")),
    ),
    "back_to_draft": (
        "setting_changed",
        posts("back_to_draft", lambda: WorkflowInstance.objects.update(stage="live")),
    ),
    "on_send_page": ("setting_changed", posts("on_send_page", put="off")),
    "new_batch": ("batch_uploaded", started),
    "batch_delete": ("batch_deleted", deleted),
    "batch_pause": ("batch_paused", posts("batch_pause")),
    "batch_resume": ("batch_paused", posts("batch_pause")),
    "batch_cancel": ("batch_cancelled", posts("batch_cancel")),
    "batch_send_again": ("batch_cancelled", posts("batch_cancel")),
    "find": ("number_searched", posts("find", q=f"+{DIGITS}")),
    "history": ("number_searched", posts("history", q=f"+{DIGITS}")),
    "bulk_actions": ("settled", settled),
    "add_note": ("note_added", posts_form("add_note", "text", text="Call after six.")),
    "try_again": ("tried_again", posts("try_again", status="queued")),
    "cancel": ("cancelled", posts("cancel")),
    "reschedule": ("rescheduled", rescheduled),
    "settle": ("settled", settled),
    "followed_up": (
        "followed_up",
        posts(
            "followed_up",
            lambda: Invocation.objects.update(created_by=User.objects.get(username="ada")),
        ),
    ),
    "match_result": ("result_matched", matched),
    "set_aside": ("result_set_aside", posts("set_aside", reason="Nobody knows it")),
    "stop": ("stopped_all", posts("stop", reason="Wrong price")),
    "cancel_waiting": ("all_cancelled", cancelled_all),
    "let_go_on": ("resumed_all", posts("let_go_on", with_stop)),
    "pause_account": ("paused", posts("pause_account", reason="Wrong price")),
    "resume": (
        "resumed",
        posts("resume", lambda: pause.pause_by_hand(Account.objects.get(), "x")),
    ),
    "resume_workflow": (
        "resumed",
        posts(
            "resume_workflow",
            lambda: pause.pause_workflow(WorkflowInstance.objects.get().pk, "no_such_workflow"),
        ),
    ),
    "callback_setup": ("callback_secret_made", posts("callback_setup", action="make")),
    "check_key": ("key_checked", posts("check_key")),
    "export": ("exported", posts("export", format="csv")),
    "export_with_numbers": ("exported", posts("export_with_numbers", format="csv")),
    "reveal_number": ("number_revealed", posts("reveal_number")),
    "reveal_person": ("number_revealed", posts("reveal_person")),
    "reveal_result": ("number_revealed", posts("reveal_result")),
    "limits": ("limit_changed", posts("limits", account_day=100)),
    "account_limits": ("limit_changed", posts("account_limits", account_day=100)),
    "account_live": ("limit_changed", posts("account_live", action="list")),
    "listed_numbers": ("listed_number_added", posts("listed_numbers", numbers="+919876543202")),
    "do_not_contact": (
        "do_not_contact_added",
        posts("do_not_contact", action="add", numbers="+919876543202", reason="asked us to stop"),
    ),
    "stop_contact_from": (
        "do_not_contact_added",
        posts("stop_contact_from", reason="asked us to stop"),
    ),
    "erase": ("person_erased", posts("erase", number="+14155550123", is_sure="on")),
    "end_other_sessions": ("session_ended", ended_elsewhere),
    "prove": ("proved_again", proved),
    "download": ("downloaded", downloaded),
    "cancel_export": ("export_stopped", stopped_export),
}
