"""The ASGI application that granian serves. Static files are granian's own matter, not Django's."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yipanqi.config.settings")
application = get_asgi_application()
