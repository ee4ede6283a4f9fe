"""Addresses that only shops have: undoing, what was done lately, the trash."""

from django.urls import path

from core import trash_views, undo_views

urlpatterns = [
    path("undo/<int:pk>/", undo_views.undo, name="undo"),
    path("undo/<int:pk>/dismiss/", undo_views.dismiss, name="undo_dismiss"),
    path("recent/", undo_views.recent, name="recent"),
    path("trash/", trash_views.trash, name="trash"),
    path("trash/past/", trash_views.past, name="trash_past"),
    path("trash/<slug:kind>/<int:pk>/", trash_views.remove, name="trash_remove"),
    path("trash/<slug:kind>/<int:pk>/restore/", trash_views.restore, name="trash_restore"),
]
