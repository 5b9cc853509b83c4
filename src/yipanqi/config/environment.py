"""Reading the environment: flags, word lists, the policy pack and the database address. Knows nothing of Django."""

import os
from urllib.parse import parse_qs, unquote, urlsplit

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError


class SettingError(YipanqiError):
    """An environment variable cannot be used as it stands."""

    code = "setting_invalid"


def flag(name: str) -> bool:
    """True when the variable is 1, true, yes or on."""
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str) -> list[str]:
    """The comma-separated words of a variable, empties dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def policy_pack(name: str, default: str) -> str:
    """The id of the policy pack the variable names. Raises SettingError for one the catalog does not have."""
    try:
        return catalog.policy(os.environ.get(name, "").strip() or default).id
    except catalog.PolicyError as error:
        raise SettingError(f"{name}: {error}") from error


def database_from_url(url: str) -> dict[str, object]:
    """Django's database entry for `postgresql://user:password@host:port/name?host=/socket/folder`.

    An empty address gives an entry that fails on first use with the address missing, so that commands
    which need no database can still load the settings. Raises `SettingError` for another scheme.
    """
    parts = urlsplit(url)
    if url and parts.scheme not in {"postgres", "postgresql"}:
        raise SettingError(f"DATABASE_URL: only PostgreSQL is supported, not {parts.scheme!r}")
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "yipanqi",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or query.get("port", [""])[0]),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": int(os.environ.get("YIPANQI_POOL", "12")), "timeout": 10},
            "options": "-c lock_timeout=5s -c statement_timeout=60s -c timezone=UTC",
        },
    }
