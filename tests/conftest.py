"""The ground every test stands on: keys and data of its own, and one real PostgreSQL when a test needs it.

Settings load with no database address; the server starts with the first test that asks for a database, so the
kernel's tests run without one. An address already in `DATABASE_URL` is used as it stands.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

SCRATCH = Path(tempfile.mkdtemp(prefix="yipanqi-tests-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
SCRATCH.chmod(0o711)  # as root the database's own user passes through it

os.environ["YIPANQI_DATA"] = str(SCRATCH / "data")
os.environ["YIPANQI_KEYS"] = str(SCRATCH / "keys.json")
for name in ("YIPANQI_DEMO", "YIPANQI_DRILL", "YIPANQI_TLS", "YIPANQI_HOSTS", "YIPANQI_PORT", "YIPANQI_PACK"):
    os.environ.pop(name, None)

settings.register_profile("yipanqi", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("yipanqi"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "yipanqi")

TESTS = Path(__file__).resolve().parent
FRAMEWORK_FREE = [TESTS / room for room in ("kernel", "catalog", "casework", "engine", "house")]


def _without_framework() -> bool:
    """Whether only framework-free rooms are asked for: those must do without Django."""
    asked = [Path(word.partition("::")[0]) for word in sys.argv[1:]]
    paths = [path.resolve() for path in asked if path.exists()]
    return bool(paths) and all(any(path.is_relative_to(room) for room in FRAMEWORK_FREE) for path in paths)


# Here and not in a hook: the rooms' own conftests import models, and are read before any hook runs. No ini option
# names the settings, because pytest-django would read them before the lines above.
if not _without_framework():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yipanqi.config.settings")
    import django
    from django.conf import settings as django_settings

    django.setup()
    django_settings.VIRTUAL_CLOCK = True  # a world of tests stands at an instant of its own


@pytest.fixture(scope="session")
def database_server() -> Iterator[Any]:
    """The embedded PostgreSQL of this run, which ends with the tests; None when `DATABASE_URL` names another."""
    if os.environ.get("DATABASE_URL", ""):
        yield None
        return
    from yipanqi.config.embedded import EmbeddedPostgres  # inline: tests without a database do not load it

    with EmbeddedPostgres(SCRATCH / "data", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def database_url(database_server: Any) -> str:
    """The address of a running PostgreSQL: the one given, else the embedded one."""
    return database_server.url if database_server else os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url: str) -> None:
    """Point Django's connection at that server before pytest-django makes the test database in it."""
    from django.db import connections

    from yipanqi.config.environment import database_from_url

    entry = database_from_url(database_url)
    for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT"):
        connections.databases["default"][name] = connections["default"].settings_dict[name] = entry[name]
    # A pool per process is the server's matter; here it would hold the test database when it is dropped.
    options = connections["default"].settings_dict["OPTIONS"]
    options.pop("pool", None)
