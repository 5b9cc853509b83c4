"""The tables of the journal."""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

import yipanqi.ops.journal.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ClockRow",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("mode", models.CharField(default="real", max_length=8)),
                ("virtual_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SealerMark",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("last_xid", models.BigIntegerField(default=0)),
                ("last_entry_id", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "xid",
                    models.BigIntegerField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.comparison.Cast(
                                yipanqi.ops.journal.models.CurrentTransaction(),
                                models.TextField(),
                            ),
                            models.BigIntegerField(),
                        )
                    ),
                ),
                ("event", models.CharField(max_length=64)),
                ("version", models.SmallIntegerField()),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.CharField(blank=True, max_length=64)),
                ("subject_kind", models.CharField(max_length=32)),
                ("subject_id", models.CharField(max_length=64)),
                ("place_code", models.CharField(blank=True, max_length=12)),
                ("ground", models.CharField(blank=True, max_length=64)),
                ("before", models.CharField(blank=True, max_length=32)),
                ("after", models.CharField(blank=True, max_length=32)),
                ("payload", models.JSONField(default=dict)),
                ("correlation_id", models.CharField(blank=True, max_length=64)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["xid", "id"], name="journal_unsealed"),
                    models.Index(fields=["subject_kind", "subject_id"], name="journal_subject"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("feed_no", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seal",
                        to="journal.entry",
                    ),
                ),
            ],
        ),
    ]
