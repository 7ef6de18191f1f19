"""Admin pages of API keys. The key itself is on no page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.admin.badges import badge
from invocations.admin.configuration import ConfigurationAdmin
from invocations.admin.proven import Proven
from invocations.admin.returning import accounts_part, hub_of
from invocations.forms.api_key import ApiKeyForm, looks_like_a_key
from invocations.forms.bounded_choices import MAX_ID_CHARACTERS
from invocations.models import Account, ApiKey
from invocations.models.encryption import Unreadable
from invocations.monitoring.account_state import is_refused
from invocations.sending import pause
from invocations.templatetags.shell import Part


def key_state(key: ApiKey | None) -> SafeString:
    """Whether a key is missing, unreadable or refused; otherwise its last four characters."""
    if key is None:
        return badge(_("No key yet"), "unknown", "key_off")
    try:
        _readable = key.key
    except Unreadable:
        return badge(_("Cannot be read: enter it again"), "rejected", "lock")
    if is_refused(key):
        return badge(_("Refused by Kaleyra"), "rejected", "block")
    return format_html("{}", _("ends in %(last_four)s") % {"last_four": key.last_four})


def _account_of_link(request: HttpRequest, name: str = "account") -> Account | None:
    """The account that the query parameter names; None without one."""
    given = request.GET.get(name, "")
    if not given.isascii() or not given.isdecimal() or len(given) > MAX_ID_CHARACTERS:
        return None
    return Account.objects.filter(pk=int(given)).first()


@admin.register(ApiKey)
class ApiKeyAdmin(Proven, ConfigurationAdmin):
    saves_one_way = True
    form = ApiKeyForm
    list_display = [
        "title",
        "of_account",
        "state",
        "role",
        "last_accepted_at",
        "last_refused_at",
        "kaleyra_owner",
    ]
    list_filter = ["account", "is_primary"]
    list_select_related = ["account"]
    search_fields = ["title", "last_four", "kaleyra_owner", "account__title", "account__sid"]
    readonly_fields = [
        "state",
        "role",
        "last_accepted_at",
        "last_refused_at",
        "last_checked_at",
        "created_at",
    ]
    change_form_outer_before_template = "admin/invocations/check_key.html"
    empty_text = gettext_lazy("No API key yet. An account cannot send without one.")

    def page_after(self, obj: ApiKey) -> str:
        return hub_of(obj.account)

    def parts_before(self, request: HttpRequest, obj: ApiKey | None) -> list[Part]:
        account = obj.account if obj else _account_of_link(request)
        return [accounts_part(), *([Part(account.title, hub_of(account))] if account else [])]

    def parts_of_list(self, request: HttpRequest) -> list[Part]:
        account = _account_of_link(request, "account__id__exact")
        of = [Part(account.title, hub_of(account))] if account else []
        return [accounts_part(), *of, Part(_("API keys"))]

    def last_part(self, obj: ApiKey | None) -> str:
        return _("API key") if obj else _("Add API key")

    def get_form(
        self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A link from an account's page fixes the account of a new key."""
        form = super().get_form(request, obj, change=change, **kwargs)
        account = _account_of_link(request) if obj is None else None
        if account and "account" in form.base_fields:
            form.base_fields["account"].initial = account.pk
            form.base_fields["account"].disabled = True
        return form

    @admin.display(description=gettext_lazy("account"), ordering="account__title")
    def of_account(self, key: ApiKey) -> SafeString:
        return format_html(
            '<a class="text-link" href="{}">{}</a>', hub_of(key.account), key.account
        )

    @admin.display(description=gettext_lazy("key"))
    def state(self, key: ApiKey) -> SafeString:
        return key_state(key)

    @admin.display(description=gettext_lazy("use"), ordering="-is_primary")
    def role(self, key: ApiKey) -> SafeString:
        return (
            badge(_("Primary"), "accepted", "check")
            if key.is_primary
            else badge(_("Put aside"), "neutral", "close")
        )

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj is None:
            of = _account_of_link(request)
            # The first key of an account becomes primary by itself.
            choice = [] if of and not of.primary_key else ["make_primary"]
            return [(None, {"fields": ["account", "title", "new_key", *choice, "kaleyra_owner"]})]
        entered = ["new_key"] if self.has_change_permission(request, obj) else []
        # A primary key cannot be demoted, only replaced: an account with keys always has one.
        promoted = ["make_primary"] if entered and not obj.is_primary else []
        about = ["account", "title", "state", *entered, "role", *promoted, "kaleyra_owner"]
        times = ["last_accepted_at", "last_refused_at", "last_checked_at", "created_at"]
        return [(None, {"fields": about}), (_("What Kaleyra answered"), {"fields": times})]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ApiKeyForm, change: bool) -> None:
        """Makes the key primary, if that was chosen or the account has no other primary key."""
        new_key = form.cleaned_data["new_key"]
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=obj.account_id)
            primary = (
                ApiKey.objects.filter(account=obj.account_id, is_primary=True)
                .exclude(pk=obj.pk)
                .first()
            )
            if form.cleaned_data.get("make_primary") and primary:
                primary.is_primary = False
                primary.save()
                primary = None
            obj.is_primary = primary is None
            if new_key and change:
                # They were about the old key.
                obj.last_accepted_at = obj.last_refused_at = obj.last_checked_at = None
            super().save_model(request, obj, form, change)
        if obj.is_primary and pause.resume(obj.account, mended=True):
            text = _("%(account)s is resumed with this key. Messages on hold leave by themselves.")
            self.message_user(request, text % {"account": obj.account.title}, messages.SUCCESS)
        if new_key and not looks_like_a_key(new_key):
            text = _(
                "Kaleyra's keys are usually A and 32 letters or digits. This one is not; "
                "it was kept as you entered it."
            )
            self.message_user(request, text, messages.WARNING)

    def needed_by(self, record: ApiKey) -> list[QuerySet[Any]]:
        return [record.account.workflow_instances.all()] if record.is_primary else []

    def reasons_to_keep(self, record: ApiKey, request: HttpRequest) -> list[SafeString]:
        reasons = super().reasons_to_keep(record, request)
        others = record.account.api_keys.exclude(pk=record.pk).exists()
        if record.is_primary and others:
            reasons.append(
                format_html(
                    "{}", _("It is the primary key. Make another key of the account primary first.")
                )
            )
        elif reasons:
            reasons.append(
                format_html(
                    "{}",
                    _("It is the account's only key. Add another one and make it primary first."),
                )
            )
        return reasons
