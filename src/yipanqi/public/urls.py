"""Addresses of the public door."""

from django.urls import path

from yipanqi.public import views

urlpatterns = [path("returns", views.returns, name="public_returns")]
