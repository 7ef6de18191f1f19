"""Gives each stored own number its digest, by which the gate finds the numbers of the team.

A number that no key of FIELD_ENCRYPTION_KEYS opens gets none: its owner sees “My number” empty, and
stores it again.
"""

from django.db import migrations, models

from invocations.models.encryption import Unreadable
from invocations.models.recipients import digits_in, stored_digest


def add_digests(apps, schema_editor):
    profiles = apps.get_model("invocations", "Profile").objects.using(schema_editor.connection.alias)
    for profile in profiles.order_by("pk"):
        try:
            number = profile.own_number
        except Unreadable:
            continue
        if number:
            profiles.filter(pk=profile.pk).update(
                own_number_digest=stored_digest(digits_in(number))
            )


class Migration(migrations.Migration):

    dependencies = [
        ("invocations", "0033_schedule_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="profile",
            name="own_number_digest",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.RunPython(add_digests, migrations.RunPython.noop, elidable=True),
    ]
