"""The table of places."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Jurisdiction",
            fields=[
                (
                    "code",
                    models.CharField(max_length=12, primary_key=True, serialize=False),
                ),
                ("tier", models.CharField(max_length=10)),
                ("path", models.CharField(db_index=True, max_length=64)),
                ("name_zh", models.CharField(max_length=64)),
                ("name_en", models.CharField(max_length=96)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="jurisdictions.jurisdiction",
                    ),
                ),
            ],
        ),
    ]
