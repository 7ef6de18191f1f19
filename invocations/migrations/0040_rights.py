"""The trail, and rights for what one person could do alone until now. The group Admin has them all."""

import django.utils.timezone
from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

RIGHTS = [
    *["send_batch", "send_again", "cancel_of_others", "view_of_others", "approve_sending"],
    *["change_limits", "erase_person", "view_trailrow"],
]


def allow(apps, schema_editor):
    using = schema_editor.connection.alias
    create_permissions(installed_apps.get_app_config("invocations"), verbosity=0, using=using, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    admins = apps.get_model("auth", "Group").objects.using(using).filter(name="Admin").first()
    if admins:
        admins.permissions.add(*permissions.filter(content_type__app_label="invocations", codename__in=RIGHTS))


class Migration(migrations.Migration):

    dependencies = [
        ('invocations', '0039_batches'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrailRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('who_id', models.CharField(blank=True, max_length=20, verbose_name='number of the person')),
                ('who_name', models.CharField(blank=True, max_length=150, verbose_name='person')),
                ('verb', models.CharField(max_length=40, verbose_name='deed')),
                ('about_kind', models.CharField(blank=True, max_length=40, verbose_name='kind of what it is about')),
                ('about_id', models.CharField(blank=True, max_length=80, verbose_name='which one')),
                ('facts', models.TextField(default='{}', verbose_name='facts')),
                ('ip', models.CharField(blank=True, max_length=45, verbose_name='address')),
                ('session', models.CharField(blank=True, max_length=16, verbose_name='session')),
            ],
            options={
                'verbose_name': 'row of the trail',
                'verbose_name_plural': 'trail',
                'default_permissions': ('view',),
            },
        ),
        migrations.AlterModelOptions(
            name='invocation',
            options={'default_permissions': ('view',), 'ordering': ['-id'], 'permissions': [('send_invocation', 'Can send'), ('view_full_recipient', 'Can see full numbers'), ('view_values', 'Can see the values of what was sent'), ('settle_invocation', 'Can record what happened to a message'), ('send_batch', 'Can send files of recipients'), ('send_again', 'Can send a message again'), ('cancel_of_others', "Can cancel other people's messages"), ('view_of_others', "Can see other people's messages"), ('approve_sending', 'Can approve what somebody else wants to send'), ('change_limits', 'Can change limits and the do-not-contact list'), ('erase_person', 'Can erase a person')], 'verbose_name': 'message', 'verbose_name_plural': 'messages'},
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
