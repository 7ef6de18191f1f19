"""The MACs and the chain of the trail, its head, and the indexes of the page Changes."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invocations', '0040_rights'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrailHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(default=0)),
                ('chain', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('logged_at', models.DateTimeField(null=True)),
                ('checked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('broken', models.TextField(blank=True)),
                ('broken_since', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='trailrow',
            name='chain',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='trailrow',
            name='mac',
            field=models.CharField(default='', editable=False, max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='trailrow',
            name='seq',
            field=models.BigIntegerField(editable=False, null=True, unique=True),
        ),
        migrations.AddIndex(
            model_name='trailrow',
            index=models.Index(condition=models.Q(('seq__isnull', True)), fields=['id'], name='trail_unsealed'),
        ),
        migrations.AddIndex(
            model_name='trailrow',
            index=models.Index(fields=['at', 'id'], name='trail_by_time'),
        ),
        migrations.AddIndex(
            model_name='trailrow',
            index=models.Index(fields=['verb', 'at'], name='trail_by_verb'),
        ),
        migrations.AddIndex(
            model_name='trailrow',
            index=models.Index(fields=['who_id', 'at'], name='trail_by_person'),
        ),
        migrations.AddIndex(
            model_name='trailrow',
            index=models.Index(fields=['about_kind', 'about_id', 'at'], name='trail_by_subject'),
        ),
        migrations.AddConstraint(
            model_name='trailrow',
            constraint=models.UniqueConstraint(fields=('mac',), name='trail_row_once'),
        ),
        migrations.AddConstraint(
            model_name='trailrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('chain', ''), ('seq__isnull', True)), models.Q(('seq__gte', 1), models.Q(('chain', ''), _negated=True)), _connector='OR'), name='trail_row_is_sealed_or_not'),
        ),
        migrations.AddConstraint(
            model_name='trailhead',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='trail_head_is_one'),
        ),
    ]
