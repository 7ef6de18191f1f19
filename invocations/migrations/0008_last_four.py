"""Fills the last four digits of the numbers in existing rows, which the search uses."""

from django.db import migrations


def fill(apps, schema_editor):
    """The masked number ends in the last four digits."""
    invocations = apps.get_model("invocations", "Invocation").objects.using(schema_editor.connection.alias)
    some = []
    for row in invocations.only("recipient_hint", "recipient2_hint").order_by("pk").iterator(1000):
        row.recipient_last_four, row.recipient2_last_four = (
            "".join(sign for sign in hint if sign.isdigit())[-4:] for hint in (row.recipient_hint, row.recipient2_hint)
        )
        some.append(row)
        if len(some) == 1000:
            invocations.bulk_update(some, ["recipient_last_four", "recipient2_last_four"])
            some = []
    invocations.bulk_update(some, ["recipient_last_four", "recipient2_last_four"])



class Migration(migrations.Migration):
    dependencies = [("invocations", "0007_results")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
