"""Addresses that only shops have: undoing, and what was done lately."""

from django.urls import path

from core import undo_views

urlpatterns = [
    path("undo/<int:pk>/", undo_views.undo, name="undo"),
    path("undo/<int:pk>/dismiss/", undo_views.dismiss, name="undo_dismiss"),
    path("recent/", undo_views.recent, name="recent"),
]
