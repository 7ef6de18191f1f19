"""Limits, the do-not-contact list, listed numbers and approvals. Existing accounts have none."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invocations', '0040_rights'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='only_listed',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='sends to listed numbers only'),
        ),
        migrations.AddField(
            model_name='historicalaccount',
            name='only_listed',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='sends to listed numbers only'),
        ),
        migrations.AddField(
            model_name='historicalworkflowinstance',
            name='needs_approval',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='a second person approves it'),
        ),
        migrations.AddField(
            model_name='workflowinstance',
            name='needs_approval',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='a second person approves it'),
        ),
        migrations.CreateModel(
            name='LimitCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=16)),
                ('subject', models.CharField(max_length=64)),
                ('starts_at', models.DateTimeField()),
                ('count', models.PositiveIntegerField()),
                ('most', models.PositiveIntegerField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['starts_at'], name='limit_count_by_age')],
                'constraints': [models.UniqueConstraint(fields=('scope', 'subject', 'starts_at'), name='limit_is_counted_once')],
            },
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lapses_at', models.DateTimeField()),
                ('content', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('open', 'Waiting for approval'), ('approved', 'Approved'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('lapsed', 'Lapsed after a day'), ('void', 'Void: something has changed')], default='open', max_length=10)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('not_after', models.DateTimeField(blank=True, null=True)),
                ('per_second', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('reference', models.CharField(blank=True, max_length=100)),
                ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='invocations.batch')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invocation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='approval', to='invocations.invocation')),
            ],
            options={
                'verbose_name': 'approval',
                'verbose_name_plural': 'approvals',
                'ordering': ['-id'],
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['lapses_at'], name='approval_open_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('batch__isnull', True), ('invocation__isnull', True), _connector='XOR'), name='approval_is_about_one_thing'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='approval_is_never_ones_own'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'approved', 'refused', 'withdrawn', 'lapsed', 'void'])), name='approval_state_is_known'), models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('batch',), name='batch_waits_for_one_approval')],
            },
        ),
        migrations.CreateModel(
            name='DoNotContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('hint', models.CharField(editable=False, max_length=60, verbose_name='phone number')),
                ('last_four', models.CharField(editable=False, max_length=4)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('added_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
            ],
            options={
                'verbose_name': 'number that is not contacted',
                'verbose_name_plural': 'do not contact',
                'default_permissions': (),
                'indexes': [models.Index(fields=['last_four'], name='do_not_contact_by_last_four')],
                'constraints': [models.UniqueConstraint(fields=('digest',), name='do_not_contact_stands_once')],
            },
        ),
        migrations.CreateModel(
            name='LimitSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_minute', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='messages of one person in a minute')),
                ('person_day', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='messages of one person in a day')),
                ('account_day', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='messages of the account in a day')),
                ('number_hour', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='messages to one number in an hour')),
                ('number_day', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='messages to one number in a day')),
                ('approve_above', models.PositiveIntegerField(blank=True, null=True, verbose_name='rows that a batch may have without approval')),
                ('countries', models.CharField(blank=True, max_length=1000, verbose_name='countries that may be sent to')),
                ('account', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='invocations.account')),
            ],
            options={
                'verbose_name': 'limits',
                'verbose_name_plural': 'limits',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('account', 0), name='limits_stand_once'), models.CheckConstraint(condition=models.Q(('person_minute__isnull', True), ('person_minute__gte', 1), _connector='OR'), name='limit_person_minute_is_positive'), models.CheckConstraint(condition=models.Q(('person_day__isnull', True), ('person_day__gte', 1), _connector='OR'), name='limit_person_day_is_positive'), models.CheckConstraint(condition=models.Q(('account_day__isnull', True), ('account_day__gte', 1), _connector='OR'), name='limit_account_day_is_positive'), models.CheckConstraint(condition=models.Q(('number_hour__isnull', True), ('number_hour__gte', 1), _connector='OR'), name='limit_number_hour_is_positive'), models.CheckConstraint(condition=models.Q(('number_day__isnull', True), ('number_day__gte', 1), _connector='OR'), name='limit_number_day_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='ListedNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('hint', models.CharField(editable=False, max_length=60, verbose_name='phone number')),
                ('last_four', models.CharField(editable=False, max_length=4)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='listed_numbers', to='invocations.account')),
                ('added_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
            ],
            options={
                'verbose_name': 'number that may be sent to',
                'verbose_name_plural': 'numbers that may be sent to',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('account', 'digest'), name='listed_number_stands_once')],
            },
        ),
    ]
