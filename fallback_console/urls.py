"""All URLs of the console."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from invocations.views.batches.confirm import batch_confirm
from invocations.views.batches.controls import (
    batch_cancel,
    batch_pause,
    batch_resume,
    batch_send_again,
)
from invocations.views.batches.delete import batch_delete
from invocations.views.batches.files import batch_faulty_rows, batch_result
from invocations.views.batches.listing import batches
from invocations.views.batches.match import batch_check
from invocations.views.batches.page import batch
from invocations.views.batches.upload import batch_example, new_batch
from invocations.views.history.bulk_actions import bulk_actions
from invocations.views.history.changes import changes, download_changes
from invocations.views.history.errors import errors
from invocations.views.history.exports import cancel_export, download, export, exports
from invocations.views.history.find import find
from invocations.views.history.glossary import glossary
from invocations.views.history.history import history
from invocations.views.history.invocation import cancel, invocation, try_again
from invocations.views.history.notes import add_note
from invocations.views.history.person import person
from invocations.views.history.reschedule import reschedule
from invocations.views.history.saved_filters import remove_filter, save_filter
from invocations.views.history.settle import settle
from invocations.views.history.side_panel import side_panel
from invocations.views.history.unknown import unknown
from invocations.views.monitoring.ask_admin import ask_admin, request_done
from invocations.views.monitoring.dashboard import dashboard, needs_you_page
from invocations.views.monitoring.health import healthz, metrics, readyz
from invocations.views.monitoring.pauses import (
    cancel_waiting,
    let_go_on,
    resume,
    resume_workflow,
    stop,
)
from invocations.views.monitoring.support_home import followed_up
from invocations.views.results.callback_setup import callback_setup
from invocations.views.results.callbacks import callback
from invocations.views.results.unmatched import match_result, set_aside, unmatched
from invocations.views.send.choose import choose, favourite
from invocations.views.send.presets import remove_preset
from invocations.views.send.preview import preview
from invocations.views.send.profile import end_other_sessions, profile
from invocations.views.send.send import compose
from invocations.views.setup import password_reset
from invocations.views.setup.account_hub import account_hub, pause_account
from invocations.views.setup.check_key import check_key
from invocations.views.setup.locked_out import unlock
from invocations.views.setup.workflow import (
    add_workflow,
    texts_and_values,
    workflow,
    workflow_preview,
)
from invocations.views.setup.workflow_stage import back_to_draft, go_live, on_send_page
from invocations.views.setup.workflow_start import copy_workflow, export_workflow, import_workflow
from invocations.views.setup.workflow_test import test_workflow
from invocations.views.step_up import prove

handler400 = "invocations.views.error_pages.bad_request"
handler500 = "invocations.views.error_pages.server_error"

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("needs-you/", needs_you_page, name="needs_you"),
    path("needs-you/ask/", ask_admin, name="ask_admin"),
    path("needs-you/<uuid:request_id>/done/", request_done, name="request_done"),
    path("send/", choose, name="send"),
    path("send/favourite/", favourite, name="favourite"),
    path("send/<int:workflow_id>/", compose, name="compose"),
    path("send/<int:workflow_id>/preview/", preview, name="preview"),
    path("send/presets/<int:preset_id>/remove/", remove_preset, name="remove_preset"),
    # In place of the admin's pages of these addresses.
    path("invocations/workflowinstance/add/", add_workflow, name="add_workflow"),
    path("invocations/workflowinstance/<int:workflow_id>/change/", workflow, name="workflow"),
    path("workflows/preview/", workflow_preview, name="new_workflow_preview"),
    path("workflows/import/", import_workflow, name="import_workflow"),
    path("workflows/<int:workflow_id>/contract/", texts_and_values, name="template_fields"),
    path("workflows/<int:workflow_id>/preview/", workflow_preview, name="workflow_preview"),
    path("workflows/<int:workflow_id>/test/", test_workflow, name="test_workflow"),
    path("workflows/<int:workflow_id>/live/", go_live, name="go_live"),
    path("workflows/<int:workflow_id>/draft/", back_to_draft, name="back_to_draft"),
    path("workflows/<int:workflow_id>/send-page/", on_send_page, name="on_send_page"),
    path("workflows/<int:workflow_id>/copy/", copy_workflow, name="copy_workflow"),
    path("workflows/<int:workflow_id>/export/", export_workflow, name="export_workflow"),
    path("batches/", batches, name="batches"),
    path("batches/new/", new_batch, name="new_batch"),
    re_path(
        r"^batches/example/(?P<workflow_id>[0-9]{1,18})\.(?P<format>csv|xlsx)$",
        batch_example,
        name="batch_example",
    ),
    path("batches/<uuid:uid>/", batch, name="batch"),
    path("batches/<uuid:uid>/check/", batch_check, name="batch_check"),
    path("batches/<uuid:uid>/check/rows/", batch_faulty_rows, name="batch_faulty_rows"),
    path("batches/<uuid:uid>/confirm/", batch_confirm, name="batch_confirm"),
    path("batches/<uuid:uid>/delete/", batch_delete, name="batch_delete"),
    path("batches/<uuid:uid>/pause/", batch_pause, name="batch_pause"),
    path("batches/<uuid:uid>/resume/", batch_resume, name="batch_resume"),
    path("batches/<uuid:uid>/cancel/", batch_cancel, name="batch_cancel"),
    path("batches/<uuid:uid>/again/", batch_send_again, name="batch_send_again"),
    re_path(
        r"^batches/(?P<uid>[0-9a-f-]{36})/result\.(?P<format>csv|xlsx)$",
        batch_result,
        name="batch_result",
    ),
    path("me/", profile, name="profile"),
    path("me/sessions/end/", end_other_sessions, name="end_other_sessions"),
    path("prove/", prove, name="prove"),
    path("people/<int:person_id>/unlock/", unlock, name="unlock_person"),
    path("find/", find, name="find"),
    path("history/", history, name="history"),
    path("history/errors/", errors, name="errors"),
    path("history/filters/", save_filter, name="save_filter"),
    path("history/filters/<int:filter_id>/remove/", remove_filter, name="remove_filter"),
    path("history/ticked/", bulk_actions, name="bulk_actions"),
    path("history/export/", export, name="export"),
    path("history/exports/", exports, name="exports"),
    path("history/exports/<uuid:export_id>/download/", download, name="download"),
    path("history/exports/<uuid:export_id>/cancel/", cancel_export, name="cancel_export"),
    path("history/person/<slug:digest>/", person, name="person"),
    path("history/<uuid:request_id>/", invocation, name="invocation"),
    path("history/<uuid:request_id>/beside/", side_panel, name="side_panel"),
    path("history/<uuid:request_id>/try-again/", try_again, name="try_again"),
    path("history/<uuid:request_id>/cancel/", cancel, name="cancel"),
    path("history/<uuid:request_id>/time/", reschedule, name="reschedule"),
    path("history/<uuid:request_id>/note/", add_note, name="add_note"),
    path("history/<uuid:request_id>/settle/", settle, name="settle"),
    path("changes/", changes, name="changes"),
    path("changes/download/", download_changes, name="download_changes"),
    path("history/<uuid:request_id>/followed-up/", followed_up, name="followed_up"),
    path("unknown/", unknown, name="unknown"),
    path("results/unmatched/", unmatched, name="unmatched"),
    path("results/unmatched/<int:callback_id>/match/", match_result, name="match_result"),
    path("results/unmatched/set-aside/", set_aside, name="set_aside"),
    path("callbacks/<str:token>/", callback, name="callback"),
    # However somebody has written that address at Kaleyra: a result that is lost never comes again.
    re_path(r"^[/]*callbacks(?:/(?P<token>[\s\S]*))?$", callback, name="callback_as_written"),
    path("stop/", stop, name="stop"),
    path("stop/cancel/", cancel_waiting, name="cancel_waiting"),
    path("stop/off/", let_go_on, name="let_go_on"),
    path("accounts/<int:account_id>/", account_hub, name="account_hub"),
    path("accounts/<int:account_id>/pause/", pause_account, name="pause_account"),
    path("accounts/<int:account_id>/resume/", resume, name="resume"),
    path("workflows/<int:workflow_id>/resume/", resume_workflow, name="resume_workflow"),
    path("accounts/<int:account_id>/results/", callback_setup, name="callback_setup"),
    path("keys/<uuid:key_id>/check/", check_key, name="check_key"),
    path("help/statuses/", glossary, name="glossary"),
    path("password_reset/", password_reset.Ask.as_view(), name="password_reset"),
    path("password_reset/sent/", password_reset.Sent.as_view(), name="password_reset_done"),
    path(
        "password_reset/<uidb64>/<token>/",
        password_reset.Choose.as_view(),
        name="password_reset_confirm",
    ),
    path("password_reset/done/", password_reset.Done.as_view(), name="password_reset_complete"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    *([path("", include("fallback_console.sign_in_extra.urls"))] if settings.SIGN_IN_EXTRA else []),
    # Set-up, users and sign-in. The admin site draws the frame around every page above, so it is
    # mounted at the root too.
    path("", admin.site.urls),
]
