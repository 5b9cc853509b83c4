"""Reaching the centre's database from a command: the few that need it load Django here, the quick ones never do."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from yipanqi.kernel.errors import YipanqiError

SETTINGS = "yipanqi.config.settings"
REASON_CHARS = 300


@contextmanager
def reached(refusal: type[YipanqiError], what: str) -> Iterator[None]:
    """Django is set up for the block; a centre that does not answer raises `refusal` with one line begun by `what`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django  # inline: only these commands pay for it
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error as DatabaseError

    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # a refusal is one line, not one per try
    try:
        django.setup()
        yield
    except (ImproperlyConfigured, DatabaseError) as error:
        reason = " ".join(str(error).split())[:REASON_CHARS]
        raise refusal(f"{what}: {reason}") from error
