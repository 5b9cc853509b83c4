"""All addresses of the centre, door by door."""

from django.urls import include, path

from yipanqi.api.v1.service import api

urlpatterns = [
    path("", include("yipanqi.web.urls")),
    path("wall", include("yipanqi.wall.urls")),
    path("api/v1/", api.urls),
    path("public/", include("yipanqi.public.urls")),
]
