"""Admin pages of pods: Kaleyra's regions and their API hosts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.admin.badges import mode_badge
from invocations.admin.configuration import ConfigurationAdmin
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
from invocations.kaleyra import address
from invocations.models import ApiKey, Pod, WorkflowInstance
from invocations.sending import pause
from invocations.templatetags.shell import Part

KALEYRA_DOMAINS = (".kaleyra.io", ".kaleyra.ai")


@admin.register(Pod)
class PodAdmin(Proven, ConfigurationAdmin):
    saves_one_way = True
    list_display = ["title", "code", "api_domain", "kind", "accounts"]
    list_display_links = ["title"]
    search_fields = ["code", "title", "api_domain"]
    fields = ["code", "title", "api_domain"]
    empty_text = gettext_lazy(
        "No region yet. A region (Kaleyra says pod) is where Kaleyra runs an account."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pod]:
        pods: QuerySet[Pod] = super().get_queryset(request)
        return pods.prefetch_related("accounts").annotate(account_count=Count("accounts"))

    def parts_before(self, request: HttpRequest, obj: Pod | None) -> list[Part]:
        return self.parts_of_list(request)

    def parts_of_list(self, request: HttpRequest) -> list[Part]:
        pods = Part(_("Regions (pods)"), reverse("admin:invocations_pod_changelist"))
        return [accounts_part(), pods]

    def last_part(self, obj: Pod | None) -> str:
        return obj.title if obj else _("Add region")

    @admin.display(description=gettext_lazy("accounts"), ordering="account_count")
    def accounts(self, pod: Pod) -> SafeString:
        links = [(hub_of(account), account.title) for account in pod.accounts.all()]
        return format_html_join(", ", '<a class="text-link" href="{}">{}</a>', links)

    @admin.display(description=gettext_lazy("live or practice"))
    def kind(self, pod: Pod) -> SafeString:
        return mode_badge(pod)

    def get_form(
        self, request: HttpRequest, obj: Pod | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj:
            add_key_note(form, ["api_domain"], ApiKey.objects.filter(account__pod=obj))
            add_notes(form, ["api_domain"], Q(account__pod=obj))
            add_stage_note(form, "api_domain", WorkflowInstance.objects.filter(account__pod=obj))
        return form

    def save_model(self, request: HttpRequest, obj: Pod, form: Any, change: bool) -> None:
        """With a new host, resumes the accounts that the console had paused.

        The old host may have been the reason of the pause.
        """
        super().save_model(request, obj, form, change)
        if "api_domain" not in form.changed_data:
            return
        if change:
            forget_answers(obj.accounts.all())
            follow_and_tell(request, list(obj.accounts.all()), Q(account__pod=obj))
            if address.is_loopback(form.initial["api_domain"]) != obj.is_practice:
                of_pod = WorkflowInstance.objects.filter(account__pod=obj)
                make_drafts_and_tell(request, of_pod)
            for account in obj.accounts.all():
                pause.resume(account, mended=True)
        if not obj.is_practice and not obj.api_domain.endswith(KALEYRA_DOMAINS):
            text = _(
                "%(host)s is not one of Kaleyra's usual hosts. "
                "API keys are sent there: make sure that it is theirs."
            )
            self.message_user(request, text % {"host": obj.api_domain}, messages.WARNING)
