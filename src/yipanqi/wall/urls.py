"""Addresses of the wall."""

from django.urls import path

from yipanqi.wall import views

urlpatterns = [
    path("", views.wall, name="wall"),
    path("/state", views.state, name="wall_state"),
    path("/stream", views.stream, name="wall_stream"),
]
