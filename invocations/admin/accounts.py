"""Admin pages of accounts at Kaleyra: pod, SID, rate and pause."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.forms import ChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

from invocations.admin.api_keys import key_state
from invocations.admin.badges import badge, mode_badge
from invocations.admin.configuration import ConfigurationAdmin
from invocations.admin.lists import BoundedChangeList
from invocations.admin.proven import Proven
from invocations.admin.returning import accounts_part, hub_of
from invocations.forms.target_change import (
    add_key_note,
    add_notes,
    add_stage_note,
    follow_and_tell,
    forget_answers,
    make_drafts_and_tell,
)
from invocations.history.reasons import REASONS
from invocations.kaleyra import home_country
from invocations.models import Account, Pod
from invocations.monitoring import pauses
from invocations.monitoring.account_state import state_of
from invocations.sending import pause
from invocations.sending.account_key import key_problem, primary_key_of
from invocations.templatetags.shell import Part

WHERE_TO_FIND = {
    "pod": gettext_lazy(
        "Where Kaleyra runs your account. Kaleyra calls it the pod, and shows its host under "
        "Developers → API Keys → Edit → API Domain: the region with this host is yours."
    ),
    "home_country": gettext_lazy(
        "A number may be typed without its country code if it can only be one of this country. "
        "Numbers of other countries get a caution. "
        "Left empty, it follows the region: India, Singapore, or the United States."
    ),
    "sid": gettext_lazy(
        "The name of your account in Kaleyra’s API, the same for all its keys, for example "
        "HXAP16XXXXXX97IN. Kaleyra shows it under Developers → API Keys, with the keys."
    ),
}
"""What a newcomer asks about a field, and where Kaleyra shows it."""


def sid_warnings(account: Account) -> list[str]:
    """What is unusual about the SID. Kaleyra publishes no rule, so nothing is refused.

    The practice pod's SID is the console's own.
    """
    if account.pod.is_practice:
        return []
    warnings = []
    if not re.fullmatch(r"HX[A-Z0-9]+[A-Z]{2}", account.sid):
        warnings.append(
            _("Kaleyra's SIDs usually begin with HX and end in two letters. %(sid)s does not.")
            % {"sid": account.sid}
        )
    elsewhere = Pod.objects.filter(code=account.sid[-2:]).exclude(pk=account.pod_id).first()
    if elsewhere:
        facts = {"sid": account.sid, "pod": account.pod, "elsewhere": elsewhere}
        warnings.append(
            _("%(sid)s looks like a SID of the %(elsewhere)s, but the account is in the %(pod)s.")
            % facts
        )
    return warnings


class AccountList(BoundedChangeList):
    def url_for_result(self, result: Account) -> str:
        """The hub, which leads to the form."""
        return hub_of(result)


@admin.register(Account)
class AccountAdmin(Proven, ConfigurationAdmin):
    saves_one_way = True
    list_before_template = "admin/invocations/keys_and_pods.html"
    list_display = ["title", "reaches", "region", "sid", "key", "state"]
    list_filter = ["pod", "is_paused"]
    list_select_related = ["pod"]
    search_fields = ["title", "sid"]
    empty_text = gettext_lazy(
        "No account yet. An account holds your region, SID and API key at Kaleyra."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        accounts: QuerySet[Account] = super().get_queryset(request)
        return accounts.prefetch_related("api_keys", "workflow_instances")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return AccountList

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """A new account starts with the usual pace, and not paused."""
        names = (None, {"fields": ["title", "pod", "sid", "home_country"]})
        pace = ["sends_per_second", "retry_ambiguous", "is_paused", "paused_reason"]
        kept = (_("How long values are kept"), {"fields": ["values_kept_days"]})
        return [names, (_("Pace and pause"), {"fields": pace}), kept] if obj else [names]

    def page_after(self, obj: Account) -> str:
        return hub_of(obj) if obj.pk else ""

    def parts_before(self, request: HttpRequest, obj: Account | None) -> list[Part]:
        return [accounts_part(), *([Part(obj.title, hub_of(obj))] if obj else [])]

    def parts_of_list(self, request: HttpRequest) -> list[Part]:
        return [accounts_part()]

    def last_part(self, obj: Account | None) -> str:
        return _("Change") if obj else _("Add account")

    @admin.display(description=gettext_lazy("live or practice"))
    def reaches(self, account: Account) -> SafeString:
        return mode_badge(account.pod)

    @admin.display(description=gettext_lazy("region"), ordering="pod__code")
    def region(self, account: Account) -> str:
        return account.pod.region

    @admin.display(description=gettext_lazy("key"))
    def key(self, account: Account) -> SafeString:
        if primary := primary_key_of(account):
            return key_state(primary)
        add = reverse("admin:invocations_apikey_add", query={"account": account.pk})
        return format_html(
            '{} <a class="text-link" href="{}">{}</a>', key_state(None), add, _("Add API key")
        )

    @admin.display(description=gettext_lazy("state"), ordering="is_paused")
    def state(self, account: Account) -> SafeString:
        """Why it is so stands on its hub."""
        state = state_of(account)
        return badge(str(state.label), state.tone, state.icon)

    def get_form(
        self, request: HttpRequest, obj: Account | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for name, text in WHERE_TO_FIND.items():
            if name in form.base_fields:
                form.base_fields[name].help_text = text
        pod: Any = form.base_fields.get("pod")
        if pod:
            pod.label = _("Region (pod)")
            pod.label_from_instance = _region_and_host
        if obj:
            add_key_note(form, ["pod", "sid"], obj.api_keys.all())
            add_notes(form, ["pod", "sid"], Q(account=obj))
            add_stage_note(form, "pod", obj.workflow_instances.all())
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With the home country as a choice of countries by name."""
        if db_field.name != "home_country":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        choices = [
            ("", _("Follows the region")),
            (home_country.NONE, _("No home country")),
            *home_country.regions_by_name(get_language() or "en"),
        ]
        return ChoiceField(
            label=capfirst(db_field.verbose_name),
            help_text=db_field.help_text,
            required=False,
            choices=choices,
            widget=UnfoldAdminSelectWidget(),
        )

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """Resumes an account that the console had paused, if its SID or pod was changed.

        The old one may have been the reason of the pause. A pause by a person stays.
        """
        has_new_address = bool({"sid", "pod"} & set(form.changed_data))
        has_new_pause = "is_paused" in form.changed_data
        if has_new_address and obj.paused_because and not has_new_pause:
            obj.is_paused = False
        if not obj.is_paused:
            obj.paused_reason = obj.paused_because = ""
        if not change:
            obj.only_listed = True  # until it goes live, on its hub
        super().save_model(request, obj, form, change)
        if change and not obj.is_paused and (has_new_pause or has_new_address):
            pause.reset_rate_limit(obj)
        if has_new_address and change:
            forget_answers([obj])
            follow_and_tell(request, [obj], Q(account=obj))
            if _has_changed_kind(obj, form):
                make_drafts_and_tell(request, obj.workflow_instances.all())
        if has_new_address:
            for warning in sid_warnings(obj):
                self.message_user(request, warning, messages.WARNING)
        if has_new_pause:
            self.message_user(request, _effect_of_pause(obj), messages.WARNING)


def _has_changed_kind(account: Account, form: Any) -> bool:
    """Whether it was practice and is live now, or the other way round."""
    before = Pod.objects.filter(pk=form.initial["pod"]).first()
    return before is not None and before.is_practice != account.pod.is_practice


def _region_and_host(pod: Pod) -> str:
    return f"{pod.region}: {pod.api_domain}"


def _effect_of_pause(account: Account) -> str:
    """What happens now that the pause was set or removed.

    The next message pauses an account without a usable key again.
    """
    if account.is_paused:
        return _("Nothing is sent with %(account)s until it is resumed.") % {"account": account}
    if problem := key_problem(account):
        return _("%(account)s will be paused again by its next message. %(why)s") % {
            "account": account,
            "why": REASONS[problem],
        }
    if pauses.active_kill_switch():
        return _("%(account)s is resumed. Messages leave once all sending is resumed.") % {
            "account": account
        }
    return _("%(account)s sends again.") % {"account": account}
