"""Makes all digests anew with the lookup key, so that encryption keys can be thrown away.

In batches, each committed: a million messages take some minutes and no memory. If it is
interrupted, it goes on where it was. Backwards nothing is undone: set the encryption keys as they
were, and messages stay, but what was stored until then is not found by number.
"""

from django.db import migrations

from invocations.models.digest_run import DigestRun


def make_anew(apps, schema_editor):
    # The trigger of the version before refuses a new digest. `models.immutable` lays today's after
    # the migrations.
    table = " ON invocations_invocation" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER IF EXISTS invocation_is_immutable{table}")
    DigestRun(apps.get_model, schema_editor.connection.alias).run()


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("invocations", "0061_bind_keys"),
    ]

    operations = [
        migrations.RunPython(make_anew, migrations.RunPython.noop, elidable=True),
    ]
