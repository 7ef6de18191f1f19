import django.core.validators
import django.db.models.deletion
import invocations.models.validators
from django.db import migrations, models


NAMES = {
    "settle_invocation": "Can record what happened to a message",
    "stop_sending": "Can stop and resume all sending",
}


def rename_permissions(apps, schema_editor):
    """Django names a permission once, when it makes it."""
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for codename, name in NAMES.items():
        permissions.filter(content_type__app_label="invocations", codename=codename).update(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('invocations', "0037_quarter_revisions"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='historicalkillswitch',
            options={'get_latest_by': ('history_date', 'history_id'), 'ordering': ('-history_date', '-history_id'), 'verbose_name': 'historical stop of all sending', 'verbose_name_plural': 'historical stop of all sendings'},
        ),
        migrations.AlterModelOptions(
            name='historicalparameter',
            options={'get_latest_by': ('history_date', 'history_id'), 'ordering': ('-history_date', '-history_id'), 'verbose_name': 'historical value', 'verbose_name_plural': 'historical values'},
        ),
        migrations.AlterModelOptions(
            name='historicalpod',
            options={'get_latest_by': ('history_date', 'history_id'), 'ordering': ('-history_date', '-history_id'), 'verbose_name': 'historical region', 'verbose_name_plural': 'historical regions'},
        ),
        migrations.AlterModelOptions(
            name='invocation',
            options={'default_permissions': ('view',), 'ordering': ['-id'], 'permissions': [('send_invocation', 'Can send'), ('view_full_recipient', 'Can see full numbers'), ('view_values', 'Can see the values of what was sent'), ('settle_invocation', 'Can record what happened to a message')], 'verbose_name': 'message', 'verbose_name_plural': 'messages'},
        ),
        migrations.AlterModelOptions(
            name='killswitch',
            options={'default_permissions': (), 'permissions': [('stop_sending', 'Can stop and resume all sending')], 'verbose_name': 'stop of all sending'},
        ),
        migrations.AlterModelOptions(
            name='parameter',
            options={'ordering': ['channel', 'key'], 'verbose_name': 'value', 'verbose_name_plural': 'values'},
        ),
        migrations.AlterModelOptions(
            name='pod',
            options={'ordering': ['code'], 'verbose_name': 'region', 'verbose_name_plural': 'regions'},
        ),
        migrations.AlterModelOptions(
            name='preset',
            options={'default_permissions': (), 'ordering': ['title'], 'verbose_name': 'saved values', 'verbose_name_plural': 'saved values'},
        ),
        migrations.AlterField(
            model_name='account',
            name='home_country',
            field=models.CharField(blank=True, db_default='', default='', help_text='A number may be typed without its country code if it can only be one of this country. Numbers of other countries get a caution. Left empty, it follows the region: India, Singapore, or the United States.', max_length=2, validators=[invocations.models.validators.home_region], verbose_name='home country'),
        ),
        migrations.AlterField(
            model_name='account',
            name='pod',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='invocations.pod', verbose_name='region'),
        ),
        migrations.AlterField(
            model_name='account',
            name='retry_ambiguous',
            field=models.CharField(choices=[('same_id', 'ask again with the same request ID, for up to 15 minutes'), ('never', 'never ask again by itself: the outcome stays unknown until a person records it')], default='same_id', help_text='An answer is unclear if the message may have got through and nothing says so. Kaleyra takes each request ID once.', max_length=10, verbose_name='after an unclear answer'),
        ),
        migrations.AlterField(
            model_name='account',
            name='sends_per_second',
            field=models.PositiveIntegerField(default=10, help_text='The most we send, in all workflows together.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='sends per second'),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='outcome',
            field=models.CharField(choices=[('under_way', 'Under way'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('refused', 'Set-up refused'), ('busy', 'Asked to wait'), ('doubtful', 'Outcome unknown'), ('not_sent', 'Not sent')], default='under_way', max_length=10),
        ),
        migrations.AlterField(
            model_name='channel',
            name='button_url',
            field=models.CharField(blank=True, help_text='WhatsApp only. The place at its end takes the value of #param_url#.', max_length=2000, verbose_name='button URL'),
        ),
        migrations.AlterField(
            model_name='channel',
            name='delay_seconds',
            field=models.PositiveIntegerField(blank=True, help_text='How long Kaleyra waits for a delivery report of this channel, 5 to 900.', null=True, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(900)], verbose_name='delay in seconds'),
        ),
        migrations.AlterField(
            model_name='channel',
            name='header_text',
            field=models.CharField(blank=True, help_text='WhatsApp only. Its place takes the value of #param_header#.', max_length=200, verbose_name='header text'),
        ),
        migrations.AlterField(
            model_name='channel',
            name='position',
            field=models.PositiveSmallIntegerField(choices=[(1, 'first channel'), (2, 'second channel')], verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='historicalaccount',
            name='home_country',
            field=models.CharField(blank=True, db_default='', default='', help_text='A number may be typed without its country code if it can only be one of this country. Numbers of other countries get a caution. Left empty, it follows the region: India, Singapore, or the United States.', max_length=2, validators=[invocations.models.validators.home_region], verbose_name='home country'),
        ),
        migrations.AlterField(
            model_name='historicalaccount',
            name='pod',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='invocations.pod', verbose_name='region'),
        ),
        migrations.AlterField(
            model_name='historicalaccount',
            name='retry_ambiguous',
            field=models.CharField(choices=[('same_id', 'ask again with the same request ID, for up to 15 minutes'), ('never', 'never ask again by itself: the outcome stays unknown until a person records it')], default='same_id', help_text='An answer is unclear if the message may have got through and nothing says so. Kaleyra takes each request ID once.', max_length=10, verbose_name='after an unclear answer'),
        ),
        migrations.AlterField(
            model_name='historicalaccount',
            name='sends_per_second',
            field=models.PositiveIntegerField(default=10, help_text='The most we send, in all workflows together.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='sends per second'),
        ),
        migrations.AlterField(
            model_name='historicalchannel',
            name='button_url',
            field=models.CharField(blank=True, help_text='WhatsApp only. The place at its end takes the value of #param_url#.', max_length=2000, verbose_name='button URL'),
        ),
        migrations.AlterField(
            model_name='historicalchannel',
            name='delay_seconds',
            field=models.PositiveIntegerField(blank=True, help_text='How long Kaleyra waits for a delivery report of this channel, 5 to 900.', null=True, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(900)], verbose_name='delay in seconds'),
        ),
        migrations.AlterField(
            model_name='historicalchannel',
            name='header_text',
            field=models.CharField(blank=True, help_text='WhatsApp only. Its place takes the value of #param_header#.', max_length=200, verbose_name='header text'),
        ),
        migrations.AlterField(
            model_name='historicalchannel',
            name='position',
            field=models.PositiveSmallIntegerField(choices=[(1, 'first channel'), (2, 'second channel')], verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='choices',
            field=models.TextField(blank=True, help_text='One per line. Staff choose instead of typing.', verbose_name='choices'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='default',
            field=models.CharField(blank=True, max_length=1000, verbose_name='begins with'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='is_sensitive',
            field=models.BooleanField(default=False, help_text='Hidden while typed, and never shown after it was sent.', verbose_name='hidden'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='label',
            field=models.CharField(blank=True, help_text='What staff are asked for, for example First name.', max_length=100, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='max_length',
            field=models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='characters allowed'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='pattern',
            field=models.CharField(blank=True, help_text='What the whole value must look like, as a regular expression, for example KF-[0-9]{5}. \\d and \\w match ASCII alone; \\p{Nd} is a digit and \\pL a letter of any script.', max_length=300, verbose_name='rule'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='required',
            field=models.BooleanField(default=True, help_text='A value that goes by position is always required: without it the others would shift.', verbose_name='required'),
        ),
        migrations.AlterField(
            model_name='historicalparameter',
            name='sample',
            field=models.CharField(blank=True, help_text='Shown in the example. Never sent.', max_length=1000, verbose_name='example'),
        ),
        migrations.AlterField(
            model_name='historicalworkflowinstance',
            name='expects_callback',
            field=models.BooleanField(default=False, help_text='Kaleyra’s flow posts its results to this console. Turned on by itself when the first result of this workflow comes in.', verbose_name='results come back'),
        ),
        migrations.AlterField(
            model_name='historicalworkflowinstance',
            name='valid_minutes',
            field=models.PositiveIntegerField(blank=True, help_text='A message that has not left by then expires. Empty: 10 where a channel is a one-time passcode, else 240 (4 hours).', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='expires after, in minutes'),
        ),
        migrations.AlterField(
            model_name='incident',
            name='kind',
            field=models.CharField(choices=[('refusals', 'Rejections of one kind'), ('paused', 'Paused by the console'), ('unreachable', 'Not reachable'), ('unknown', 'Outcome unknown'), ('no_results', 'Results missing')], max_length=12),
        ),
        migrations.AlterField(
            model_name='invocation',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='saved'),
        ),
        migrations.AlterField(
            model_name='invocation',
            name='may_be_double',
            field=models.BooleanField(default=False, editable=False, verbose_name='may have arrived twice'),
        ),
        migrations.AlterField(
            model_name='invocation',
            name='not_after',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='expires'),
        ),
        migrations.AlterField(
            model_name='invocation',
            name='recipient2_hint',
            field=models.CharField(blank=True, editable=False, max_length=60, verbose_name='second phone number'),
        ),
        migrations.AlterField(
            model_name='invocation',
            name='recipient_hint',
            field=models.CharField(editable=False, max_length=60, verbose_name='phone number'),
        ),
        migrations.AlterField(
            model_name='invocation',
            name='status',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('unknown', 'Outcome unknown'), ('held', 'On hold'), ('cancelled', 'Cancelled'), ('expired', 'Expired')], default='queued', max_length=10, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='invocation',
            name='workflow_invocation_id',
            field=models.CharField(blank=True, max_length=100, verbose_name='Kaleyra’s ID'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='choices',
            field=models.TextField(blank=True, help_text='One per line. Staff choose instead of typing.', verbose_name='choices'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='default',
            field=models.CharField(blank=True, max_length=1000, verbose_name='begins with'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='is_sensitive',
            field=models.BooleanField(default=False, help_text='Hidden while typed, and never shown after it was sent.', verbose_name='hidden'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='label',
            field=models.CharField(blank=True, help_text='What staff are asked for, for example First name.', max_length=100, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='max_length',
            field=models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='characters allowed'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='pattern',
            field=models.CharField(blank=True, help_text='What the whole value must look like, as a regular expression, for example KF-[0-9]{5}. \\d and \\w match ASCII alone; \\p{Nd} is a digit and \\pL a letter of any script.', max_length=300, verbose_name='rule'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='required',
            field=models.BooleanField(default=True, help_text='A value that goes by position is always required: without it the others would shift.', verbose_name='required'),
        ),
        migrations.AlterField(
            model_name='parameter',
            name='sample',
            field=models.CharField(blank=True, help_text='Shown in the example. Never sent.', max_length=1000, verbose_name='example'),
        ),
        migrations.AlterField(
            model_name='workflowinstance',
            name='expects_callback',
            field=models.BooleanField(default=False, help_text='Kaleyra’s flow posts its results to this console. Turned on by itself when the first result of this workflow comes in.', verbose_name='results come back'),
        ),
        migrations.AlterField(
            model_name='workflowinstance',
            name='valid_minutes',
            field=models.PositiveIntegerField(blank=True, help_text='A message that has not left by then expires. Empty: 10 where a channel is a one-time passcode, else 240 (4 hours).', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='expires after, in minutes'),
        ),
        migrations.AlterField(
            model_name='workflowversion',
            name='contract',
            field=models.JSONField(verbose_name='texts and values'),
        ),
        migrations.RunPython(rename_permissions, migrations.RunPython.noop),
    ]
