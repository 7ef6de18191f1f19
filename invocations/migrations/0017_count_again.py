from django.db import migrations


def count_again(apps, schema_editor):
    """The quarters of an hour that are stored were counted without what expired, and without what has no result. The dispatcher counts those that are missing."""
    apps.get_model("invocations", "Quarter").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("invocations", "0016_export_zone")]

    operations = [migrations.RunPython(count_again, migrations.RunPython.noop, elidable=True)]
