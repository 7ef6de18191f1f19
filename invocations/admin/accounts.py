"""Accounts at Kaleyra: pod, SID, pace, and the brake."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.admin.api_keys import state_of
from invocations.admin.badges import badge
from invocations.admin.configuration import ConfigurationAdmin
from invocations.history.reasons import REASONS, why_paused
from invocations.models import Account, Pod
from invocations.monitoring import pauses, remedies
from invocations.results import endpoints
from invocations.sending import pause


def doubts_about_sid(account: Account) -> list[str]:
    """What is unusual about a SID. No rule is published, so it is said and not refused."""
    doubts = []
    if not re.fullmatch(r"HX[A-Z0-9]+[A-Z]{2}", account.sid):
        doubts.append(
            _("Kaleyra's SIDs usually begin with HX and end in two letters. %(sid)s does not.")
            % {"sid": account.sid}
        )
    elsewhere = Pod.objects.filter(code=account.sid[-2:]).exclude(pk=account.pod_id).first()
    if elsewhere:
        words = {"sid": account.sid, "pod": account.pod, "elsewhere": elsewhere}
        doubts.append(
            _("%(sid)s looks like a SID of the %(elsewhere)s, but the account is in the %(pod)s.")
            % words
        )
    return doubts


@admin.register(Account)
class AccountAdmin(ConfigurationAdmin):
    list_display = ["title", "pod", "sid", "key", "sending"]
    list_filter = ["pod", "is_paused"]
    list_select_related = ["pod"]
    search_fields = ["title", "sid"]
    readonly_fields = ["key", "sending", "results"]
    empty_text = gettext_lazy(
        "No account yet. An account brings together a pod, a SID and an API key."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        accounts: QuerySet[Account] = super().get_queryset(request)
        return accounts.prefetch_related("api_keys")

    @admin.display(description=gettext_lazy("key"))
    def key(self, account: Account) -> SafeString:
        primary = next((key for key in account.api_keys.all() if key.is_primary), None)
        if primary:
            return state_of(primary)
        add = reverse("admin:invocations_apikey_add", query={"account": account.pk})
        return format_html(
            '{} <a class="text-link" href="{}">{}</a>', state_of(None), add, _("Add API key")
        )

    @admin.display(description=gettext_lazy("sending"), ordering="is_paused")
    def sending(self, account: Account) -> SafeString:
        if not account.is_paused:
            return badge(_("On"), "accepted", "check")
        return format_html("{} {}", badge(_("Paused"), "held", "pause"), why_paused(account))

    @admin.display(description=gettext_lazy("results"))
    def results(self, account: Account) -> SafeString:
        address = endpoints.current_address(account)
        words = _("Has an address") if address else _("No address yet")
        state = badge(words, "accepted" if address else "neutral", "check" if address else "remove")
        return format_html(
            '{} <a class="text-link" href="{}">{}</a>',
            state,
            reverse("callback_setup", args=[account.pk]),
            _("Results"),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        known = ["key", "sending", "results"] if obj else []
        return [
            (None, {"fields": ["title", "pod", "sid", *known]}),
            (
                _("Pace and pause"),
                {"fields": ["sends_per_second", "retry_ambiguous", "is_paused", "paused_reason"]},
            ),
        ]

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """Another SID or pod may be what was missing: an account that the console had paused goes on with it."""
        mended = bool({"sid", "pod"} & set(form.changed_data))
        if mended and obj.paused_because and "is_paused" not in form.changed_data:
            obj.is_paused = False
        if not obj.is_paused:
            obj.paused_reason = obj.paused_because = ""
        super().save_model(request, obj, form, change)
        if change and not obj.is_paused and ("is_paused" in form.changed_data or mended):
            pause.reset_rate_limit(obj)
        if {"sid", "pod"} & set(form.changed_data):
            for doubt in doubts_about_sid(obj):
                self.message_user(request, doubt, messages.WARNING)
        if "is_paused" in form.changed_data:
            self.message_user(request, _what_follows(obj), messages.WARNING)
        if not change:
            self.message_user(
                request, _("It needs an API key before it can send."), messages.WARNING
            )


def _what_follows(account: Account) -> str:
    """What a change of the pause means: an account without a usable key is paused again by the next message."""
    if account.is_paused:
        return _("Nothing is sent over %(account)s until it is no longer paused.") % {
            "account": account
        }
    if trouble := remedies.key_problem(account):
        return _("%(account)s will be paused again by its next message. %(why)s") % {
            "account": account,
            "why": REASONS[trouble],
        }
    if pauses.active_kill_switch():
        return _("%(account)s is no longer paused. What waits leaves once all sending goes on.") % {
            "account": account
        }
    return _("%(account)s sends again.") % {"account": account}
