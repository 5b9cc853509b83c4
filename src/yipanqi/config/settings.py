"""Django settings, read from the environment once.

Everything a deployment may choose is an environment variable named in `docs/operating`; everything else
is fixed here. Secrets live in the key file (see `ops.vault.keys`), never in this module.
"""

import os
from pathlib import Path

from yipanqi import catalog
from yipanqi.config.environment import database_from_url, flag, policy_pack, words
from yipanqi.config.folders import data_folder, running_address
from yipanqi.ops.vault.keys import KeyRing

PACKAGE = Path(__file__).resolve().parent.parent
DATA = data_folder(Path.cwd())

DEBUG = False
DEMO = flag("YIPANQI_DEMO")
DRILL = flag("YIPANQI_DRILL")
VIRTUAL_CLOCK = DEMO or DRILL or flag("YIPANQI_VIRTUAL_CLOCK")
KEY_RING = KeyRing.load(Path(os.environ.get("YIPANQI_KEYS", DATA / "keys.json")))
SECRET_KEY = KEY_RING.derive("django-sessions")
LEDGER_DIR = Path(os.environ.get("YIPANQI_LEDGER", DATA / "ledger"))
POLICY_PACK = policy_pack("YIPANQI_PACK", "CN")
ALLOWED_HOSTS = words("YIPANQI_HOSTS", "127.0.0.1,localhost,[::1],testserver")
CSRF_TRUSTED_ORIGINS = words("YIPANQI_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "ninja",
    "yipanqi.ops.journal",
    "yipanqi.ops.jurisdictions",
    "yipanqi.ops.staff",
    "yipanqi.ops.partners",
    "yipanqi.ops.subjects",
    "yipanqi.ops.papers",
    "yipanqi.ops.moneybook",
    "yipanqi.ops.directives",
    "yipanqi.ops.alerts",
    "yipanqi.ops.cases",
    "yipanqi.ops.workorders",
    "yipanqi.ops.measures",
    "yipanqi.ops.screening",
    "yipanqi.ops.returns",
    "yipanqi.ops.indicators",
    "yipanqi.gateways",
    "yipanqi.analytics",
    "yipanqi.web",
    "yipanqi.wall",
    "yipanqi.api",
    "yipanqi.public",
]
MIDDLEWARE = [
    "yipanqi.web.middleware.correlation",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "yipanqi.web.middleware.content_security",
    "yipanqi.web.middleware.errors",
]
ROOT_URLCONF = "yipanqi.config.urls"
WSGI_APPLICATION = "yipanqi.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "yipanqi.web.context.desk",
            ],
        },
    }
]

DATABASES = {"default": database_from_url(os.environ.get("DATABASE_URL", "") or running_address(DATA))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "staff.Officer"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
CSRF_FAILURE_VIEW = "yipanqi.web.middleware.form_expired"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(catalog.windows()["session"].duration.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Behind TLS (any real centre) both cookies are marked secure; a demo on http://127.0.0.1 cannot be.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("YIPANQI_TLS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("YIPANQI_TLS") else None
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 21 * 1024 * 1024  # a piece of evidence (20 MB) never lies on the disk unsealed

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"

PROCRASTINATE_ON_APP_READY = "yipanqi.config.queue.on_app_ready"
LOGGING_CONFIG = "yipanqi.config.logging.configure"
LOGGING = {"version": 1}  # Django calls LOGGING_CONFIG only when this is not empty
