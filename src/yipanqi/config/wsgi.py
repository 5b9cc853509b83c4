"""The WSGI application that granian serves. Static files are granian's own matter, not Django's.

Threads, not an event loop: measured, Django's way through ASGI cost as much again as an intake itself (decision 0012).
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yipanqi.config.settings")
application = get_wsgi_application()
