"""The table of contents."""

from django.contrib import admin
from django.urls import path

from invocations.views.contract import contract
from invocations.views.dashboard import dashboard
from invocations.views.health import healthz, readyz
from invocations.views.history import history
from invocations.views.invocation import cancel, invocation, try_again
from invocations.views.me import me
from invocations.views.presets import remove_preset
from invocations.views.resume import resume
from invocations.views.send import choose, compose, preview
from invocations.views.settle import settle
from invocations.views.stop import let_go_on, stop
from invocations.views.unknown import unknown

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("send/", choose, name="send"),
    path("send/<int:workflow_id>/", compose, name="compose"),
    path("send/<int:workflow_id>/preview/", preview, name="preview"),
    path("send/presets/<int:preset_id>/remove/", remove_preset, name="remove_preset"),
    path("workflows/<int:workflow_id>/contract/", contract, name="contract"),
    path("me/", me, name="me"),
    path("history/", history, name="history"),
    path("history/<uuid:request_id>/", invocation, name="invocation"),
    path("history/<uuid:request_id>/try-again/", try_again, name="try_again"),
    path("history/<uuid:request_id>/cancel/", cancel, name="cancel"),
    path("history/<uuid:request_id>/settle/", settle, name="settle"),
    path("unknown/", unknown, name="unknown"),
    path("stop/", stop, name="stop"),
    path("stop/off/", let_go_on, name="let_go_on"),
    path("accounts/<int:account_id>/resume/", resume, name="resume"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    # Set-up, people, signing in: the admin site is the shell around all of the above, so it stands at the root too.
    path("", admin.site.urls),
]
