from django.db import migrations


def count_again(apps, schema_editor):
    """Deletes the stored counts, which lack expired messages and those without a result.

    The dispatcher counts missing quarters of an hour again.
    """
    apps.get_model("invocations", "Quarter").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("invocations", "0016_export_zone")]

    operations = [migrations.RunPython(count_again, migrations.RunPython.noop, elidable=True)]
