"""The three groups with their rights at the time of this migration.

`invocations.models.permissions.GROUPS` has the current ones.
"""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

SENDS = ["invocations.send_invocation", "invocations.view_invocation", "invocations.view_values"]
CONFIGURATION = ["pod", "account", "apikey", "workflowinstance", "channel"]
GROUPS = {
    "Support": SENDS,
    "Reviewer": [
        "invocations.view_invocation",
        "invocations.view_values",
        *[f"invocations.view_{model}" for model in CONFIGURATION],
    ],
    "Admin": [
        *SENDS,
        "invocations.view_full_recipient",
        *[f"invocations.{deed}_{model}" for model in CONFIGURATION for deed in ["add", "change", "delete", "view"]],
        "auth.view_user",
        "auth.add_user",
        "auth.change_user",
        "auth.view_group",
    ],
}


def add_groups(apps, schema_editor):
    using = schema_editor.connection.alias
    # Django creates permissions after the last migration. In an empty database they are needed here.
    for label in ["auth", "invocations"]:
        create_permissions(installed_apps.get_app_config(label), verbosity=0, using=using, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    for name, rights in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=name)
        for right in rights:
            label, codename = right.split(".")
            group.permissions.add(permissions.get(content_type__app_label=label, codename=codename))


class Migration(migrations.Migration):
    dependencies = [
        ("invocations", "0002_pods"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        # Not reversed: by then the groups have members.
        migrations.RunPython(add_groups, migrations.RunPython.noop),
    ]
