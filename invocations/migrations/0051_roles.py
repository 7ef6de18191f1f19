"""Six roles. Whoever could do something until now may still do it, and nothing more.

Until now the right to send was enough to send files, to send again and to cancel what colleagues had
sent. The group Support loses that; its people keep it: they become Bulk senders too, and get the other
two rights as their own. Senior support would give them more than they had (settle, whole numbers).
"""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.models import Q

SUPPORT = ["send_invocation", "view_invocation", "view_values"]
NEW_GROUPS = {
    "Senior support": [
        *[*SUPPORT, "settle_invocation", "send_again", "cancel_of_others", "view_full_recipient", "view_of_others"],
    ],
    "Bulk sender": [*SUPPORT, "send_batch"],
    "Approver": ["view_invocation", "view_values", "view_of_others", "approve_sending"],
}
REVIEWER = ["view_of_others"]
"""Besides what they had."""
KEPT = ["send_batch", "send_again", "cancel_of_others"]
"""What whoever may send could do as well."""


def add_roles(apps, schema_editor):
    """The groups alone: also for a database that tests have emptied."""
    using = schema_editor.connection.alias
    create_permissions(installed_apps.get_app_config("invocations"), verbosity=0, using=using, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.using(using).filter(content_type__app_label="invocations")
    groups = apps.get_model("auth", "Group").objects.using(using)
    for name, rights in NEW_GROUPS.items():
        group, is_new = groups.get_or_create(name=name)
        if is_new:  # else it is a group of their own that bears the name
            group.permissions.add(*permissions.filter(codename__in=rights))
    if reviewer := groups.filter(name="Reviewer").first():
        reviewer.permissions.add(permissions.get(codename="view_of_others"))


def keep_what_they_may(apps, schema_editor):
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using).filter(content_type__app_label="invocations")
    groups = apps.get_model("auth", "Group").objects.using(using)
    kept = list(permissions.filter(codename__in=KEPT))
    own = [permission for permission in kept if permission.codename != "send_batch"]
    bulk = groups.get(name="Bulk sender")
    senders = Q(permissions__codename="send_invocation", permissions__content_type__app_label="invocations")
    ours = ["Support", "Admin", *NEW_GROUPS]
    # Their own groups keep what they had. Who was in none of these groups is in none now.
    for group in groups.filter(senders).exclude(name__in=ours).distinct():
        group.permissions.add(*kept)
    # With SUPPORT_SEES=own these read everything as before: they are not Support.
    sees_others = permissions.get(codename="view_of_others")
    readers = groups.filter(permissions__codename="view_invocation").exclude(name__in=ours).distinct()
    for group in readers:
        group.permissions.add(sees_others)
    people = apps.get_model("auth", "User").objects.using(using)
    for person in people.filter(groups__name="Support").distinct():
        person.groups.add(bulk)
        person.user_permissions.add(*own)
    direct = Q(user_permissions__codename="send_invocation", user_permissions__content_type__app_label="invocations")
    for person in people.filter(direct).distinct():
        person.user_permissions.add(*kept)


class Migration(migrations.Migration):
    dependencies = [("invocations", "0050_reading_and_admin_changes"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        # Not reversed: by then the groups have members.
        migrations.RunPython(add_roles, migrations.RunPython.noop),
        migrations.RunPython(keep_what_they_may, migrations.RunPython.noop),
    ]
