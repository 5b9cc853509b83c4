"""`python tools/migrations.py [APP ...]`: write the migrations the models lack, on an embedded PostgreSQL of its own.

With `--check` nothing is written and the exit is 1 when one is missing.
"""

import os
import sys
import tempfile
from pathlib import Path

from yipanqi.config.embedded import EmbeddedPostgres


def main(arguments: list[str]) -> None:
    """Run Django's makemigrations with these arguments."""
    with tempfile.TemporaryDirectory(prefix="yipanqi-migrations-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root the database's own user passes through it
        os.environ |= {"YIPANQI_DATA": name, "DJANGO_SETTINGS_MODULE": "yipanqi.config.settings"}
        with EmbeddedPostgres(folder, durable=False) as server:
            os.environ["DATABASE_URL"] = server.url
            import django  # inline: settings read the environment set above
            from django.core.management import call_command
            from django.db import connection

            django.setup()
            try:
                call_command("makemigrations", *arguments)
            finally:
                connection.close_pool()


if __name__ == "__main__":
    main(sys.argv[1:])
