from django.db import migrations, models


class Migration(migrations.Migration):
    """Words alone: a message that nobody approves may expire before a day is over."""

    dependencies = [("invocations", "0065_kept_no_longer")]

    operations = [
        migrations.AlterField(
            model_name="approval",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Waiting for approval"),
                    ("approved", "Approved"),
                    ("refused", "Refused"),
                    ("withdrawn", "Withdrawn"),
                    ("lapsed", "Expired: nobody approved it"),
                    ("void", "Void: something has changed"),
                ],
                default="open",
                max_length=10,
            ),
        ),
    ]
