"""Whether an officer must choose a password before anything else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="officer",
            name="must_change",
            field=models.BooleanField(default=False),
        ),
    ]
