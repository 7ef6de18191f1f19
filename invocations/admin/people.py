"""Admin pages of people and groups.

Nobody can grant rights that they do not have, nobody changes their own rights, and nobody makes an
admin alone, or changes another one (`admin.second_admin`). A superuser may
do everything else. Other people who may change people (group Admin) see no superusers, and change
only people whose rights they have themselves: otherwise they could set such a person's password and
get their rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from invocations.access.admin_changes import is_admin
from invocations.admin.badges import active_badge
from invocations.admin.changes_link import ChangesOfRecord
from invocations.admin.choices import BoundedChoices
from invocations.admin.in_use import InUse
from invocations.admin.lists import BoundedLists
from invocations.admin.second_admin import SecondAdmin
from invocations.forms.person import GroupForm, NewPersonForm, PersonForm
from invocations.forms.rights import RightsField
from invocations.history.people_changes import with_rights
from invocations.models import WorkflowInstance

admin.site.unregister([User, Group])
User._meta.verbose_name = _("person")
User._meta.verbose_name_plural = _("people")
# Migrations of django.contrib.auth keep Django's names: they are made from the class itself.


RIGHTS = {"form_class": RightsField, "widget": UnfoldAdminCheckboxSelectMultipleWidget()}
"""How a form of the admin asks for permissions."""


def rights_of(person: User) -> set[int]:
    """The ids of the person's permissions.

    Also of an inactive person, who has none for Django, because they can be activated again.
    """
    return set(
        Permission.objects.filter(Q(user=person) | Q(group__user=person)).values_list(
            "pk", flat=True
        )
    )


def grantable_groups(granter: User) -> QuerySet[Group]:
    """The groups without a permission that `granter` lacks."""
    if granter.is_superuser:
        return Group.objects.all()
    lacking = Permission.objects.exclude(pk__in=rights_of(granter))
    return Group.objects.exclude(permissions__in=lacking)


@admin.register(User)
class PersonAdmin(
    SecondAdmin,
    ChangesOfRecord,
    BoundedLists,
    BoundedChoices,
    InUse,
    UserAdmin,  # type: ignore[type-arg]
    ModelAdmin,
):
    change_form_outer_after_template = None  # what a person sent is in the history
    list_before_template = "admin/invocations/groups_link.html"
    show_facets = admin.ShowFacets.NEVER
    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "name", "in_groups", "active", "signed_in"]
    list_filter = ["is_active", "groups"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal: ClassVar[list[str]] = []
    search_help_text: ClassVar[Any] = _("Name or email address")
    instead_of_deleting = _(
        "Switch “Active” off instead: the person can no longer sign in, and what they did stays."
    )
    who = (_("Who"), {"fields": ["first_name", "last_name", "email"]})
    dates = (_("Dates"), {"fields": ["last_login", "date_joined"]})
    add_fieldsets = (
        (_("Who"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Signing in"), {"fields": ["username", "password1", "password2"]}),
        (_("Rights"), {"fields": ["groups"]}),
    )

    @admin.display(description=_("name"), ordering="last_name")
    def name(self, person: User) -> str:
        return person.get_full_name()

    @admin.display(description=_("groups"))
    def in_groups(self, person: User) -> str:
        names = [group.name for group in person.groups.all()]
        return ", ".join([str(_("Superuser")), *names] if person.is_superuser else names)

    @admin.display(description=_("active"), ordering="is_active")
    def active(self, person: User) -> SafeString:
        return active_badge(person.is_active)

    @admin.display(description=_("last sign-in"), ordering="last_login")
    def signed_in(self, person: User) -> datetime | str:
        return person.last_login or str(_("never"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request).prefetch_related("groups")
        return people if request.user.is_superuser else people.filter(is_superuser=False)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        granter = cast(User, request.user)
        if obj is None or granter.is_superuser:
            return True
        return not obj.is_superuser and rights_of(obj) <= rights_of(granter)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return request.user.is_superuser and obj != request.user

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        rights = ["is_active", "groups"]
        if request.user.is_superuser:
            rights += ["is_superuser", "user_permissions"]
        return [
            (None, {"fields": ["username", "password"]}),
            self.who,
            (_("Rights"), {"fields": rights}),
            self.dates,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        if obj != request.user:
            return self.readonly_fields
        own_rights = ["is_active", "groups", "is_superuser", "user_permissions"]
        return [*self.readonly_fields, *own_rights]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            groups = grantable_groups(cast(User, request.user))
            kwargs |= {"widget": UnfoldAdminCheckboxSelectMultipleWidget(), "queryset": groups}
        if db_field.name == "user_permissions":
            kwargs |= RIGHTS
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # the console is an admin site: only staff can sign in
        super().save_model(request, obj, form, change)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """With the rights before and after, for the list of changes."""
        message: list[dict[str, Any]] = super().construct_change_message(
            request, form, formsets, add
        )
        if add or "groups" not in form.fields:
            return message
        return with_rights(message, _rights_text(form.initial), _rights_text(form.cleaned_data))

    def needed_by(self, record: User) -> list[QuerySet[Any]]:
        """Also the admin's log of what they changed, which Django would delete with the person."""
        return [*super().needed_by(record), LogEntry.objects.filter(user=record)]

    def reasons_to_keep(self, record: User, request: HttpRequest) -> list[SafeString]:
        """An admin's rights are taken first, which a second admin confirms."""
        reasons = super().reasons_to_keep(record, request)
        if not is_admin(record):
            return reasons
        return [*reasons, format_html("{}", gettext("Take their rights as an admin first"))]


def _rights_text(values: Mapping[str, Any]) -> str:
    """For example "Support, turned off", from the values of the form of a person."""
    names = sorted(group.name for group in values.get("groups") or ())
    if values.get("is_superuser"):
        names.insert(0, str(_("Superuser")))
    if not values.get("is_active"):
        names.append(str(_("turned off")))
    return ", ".join(names)


@admin.register(Group)
class ConsoleGroupAdmin(
    SecondAdmin, ChangesOfRecord, BoundedLists, BoundedChoices, InUse, GroupAdmin, ModelAdmin
):
    """For superusers only: whoever may change a group could grant themselves every right."""

    form = GroupForm
    filter_horizontal: ClassVar[list[str]] = []
    search_help_text: ClassVar[Any] = _("Name")
    instead_of_deleting = _(
        "Take the people out of it first, and open its workflows to another group."
    )

    def formfield_for_manytomany(  # type: ignore[override]
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        return super().formfield_for_manytomany(db_field, request, **(kwargs | RIGHTS))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser

    def needed_by(self, record: Group) -> list[QuerySet[Any]]:
        """Members, and workflows for this group: without it, all senders could send those."""
        return [User.objects.filter(groups=record), WorkflowInstance.objects.filter(groups=record)]
