"""Kaleyra's four pods, as the seed's table "API Domain and Value" gives them."""

from django.db import migrations

PODS = [
    ("IN", "IN pod", "api.in.kaleyra.io"),
    ("SG", "SG pod", "api.kaleyra.io"),
    ("EU", "EU pod", "api.eu.kaleyra.io"),
    ("NA", "NA pod", "api.na.kaleyra.ai"),
]


def add_pods(apps, schema_editor):
    pods = apps.get_model("invocations", "Pod").objects.using(schema_editor.connection.alias)
    for code, title, api_domain in PODS:
        pods.get_or_create(code=code, defaults={"title": title, "api_domain": api_domain})


class Migration(migrations.Migration):
    dependencies = [("invocations", "0001_initial")]
    operations = [
        # Backwards nothing is taken away: a pod may have been corrected or be in use by then.
        migrations.RunPython(add_pods, migrations.RunPython.noop),
    ]
