"""Fills the new columns of existing rows: due time, number of attempts and doubtful attempts.

Also gives the group Admin the new permissions.
"""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

RIGHTS = ["settle_invocation", "stop_sending"]


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    invocations = apps.get_model("invocations", "Invocation").objects.using(using)
    attempts = apps.get_model("invocations", "Attempt").objects.using(using).filter(invocation=OuterRef("pk")).order_by()
    number = attempts.values("invocation").annotate(n=Count("pk")).values("n")
    invocations.update(attempt_count=Coalesce(Subquery(number), 0))
    # Until now `not_before` was the due time of a postponed row, and nobody could choose it.
    invocations.filter(status="queued").update(due_at=Coalesce("not_before", "created_at"))
    invocations.update(not_before=None)
    doubtful = attempts.filter(outcome__in=["doubtful", "under_way"])
    invocations.annotate(first=Subquery(doubtful.order_by("number").values("started_at")[:1])).filter(first__isnull=False).exclude(
        status="sending"
    ).update(doubt_count=1, doubtful_since=F("first"))


def allow(apps, schema_editor):
    using = schema_editor.connection.alias
    create_permissions(installed_apps.get_app_config("invocations"), verbosity=0, using=using, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    admins = apps.get_model("auth", "Group").objects.using(using).filter(name="Admin").first()
    if admins:
        admins.permissions.add(*permissions.filter(content_type__app_label="invocations", codename__in=RIGHTS))


class Migration(migrations.Migration):
    dependencies = [("invocations", "0005_delivery_engine"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
