"""Kaleyra's four pods, as the seed's table "API Domain and Value" gives them."""

from django.db import migrations
from django.utils import timezone

PODS = [
    ("IN", "IN pod", "api.in.kaleyra.io"),
    ("SG", "SG pod", "api.kaleyra.io"),
    ("EU", "EU pod", "api.eu.kaleyra.io"),
    ("NA", "NA pod", "api.na.kaleyra.ai"),
]


def add_pods(apps, schema_editor):
    using = schema_editor.connection.alias
    history = apps.get_model("invocations", "HistoricalPod").objects.using(using)
    for code, title, api_domain in PODS:
        values = {"title": title, "api_domain": api_domain}
        pod, is_new = apps.get_model("invocations", "Pod").objects.using(using).get_or_create(code=code, defaults=values)
        if is_new:  # a migration writes no history by itself; the first change should show the old value
            history.create(id=pod.pk, code=code, **values, history_type="+", history_date=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("invocations", "0001_initial")]
    operations = [
        # Not reversed: by then a pod may have been changed or be in use.
        migrations.RunPython(add_pods, migrations.RunPython.noop),
    ]
