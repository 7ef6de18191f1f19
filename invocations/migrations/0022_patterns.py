import re

from django.db import migrations, models

ASCII_CLASS = re.compile(r"(?<!\\)(?:\\\\)*\\[dDwWsSbB]")


def name_changed_patterns(apps, schema_editor):
    r"""Prints which patterns match less than before: RE2's \d, \w, \s and \b are ASCII.

    Patterns that RE2 cannot read at all are named by the system check console.W022.
    """
    parameters = apps.get_model("invocations", "Parameter").objects.using(schema_editor.connection.alias)
    named = parameters.exclude(pattern="").values_list(
        "channel__workflow_instance__title", "channel__position", "key", "pattern"
    )
    for workflow, position, key, pattern in named.order_by("channel", "key"):
        if ASCII_CLASS.search(pattern):
            print(
                f"\n  The pattern of {key!r} (send{position} of {workflow!r}) has"
                r" \d, \w, \s or \b, which match ASCII alone from now on."
            )


class Migration(migrations.Migration):

    dependencies = [
        ('invocations', "0020_what_comes_first"),
    ]

    operations = [
        migrations.RunPython(name_changed_patterns, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name='historicalparameter',
            name='pattern',
            field=models.CharField(blank=True, help_text='A regular expression for the whole value, for example KF-[0-9]{5}. \\d and \\w match ASCII alone; \\p{Nd} is a digit and \\pL a letter of any script.', max_length=300, verbose_name='pattern'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='pattern',
            field=models.CharField(blank=True, help_text='A regular expression for the whole value, for example KF-[0-9]{5}. \\d and \\w match ASCII alone; \\p{Nd} is a digit and \\pL a letter of any script.', max_length=300, verbose_name='pattern'),
        ),
    ]
