from django.db import migrations, models


def number_counted_ones(apps, schema_editor):
    """They changed at an unknown time: any number but 0 will do, for no sum of them is kept yet."""
    quarters = apps.get_model("invocations", "Quarter").objects.using(schema_editor.connection.alias)
    quarters.filter(counts__isnull=False).update(revision=1)


class Migration(migrations.Migration):
    dependencies = [
        ("invocations", "0036_stage_tested"),
    ]

    operations = [
        migrations.AddField(
            model_name="quarter",
            name="revision",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.RunPython(number_counted_ones, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="quarter",
            index=models.Index(fields=["begins_at", "revision"], name="quarter_revisions"),
        ),
    ]
