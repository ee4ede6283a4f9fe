"""Addresses of the owner's archive of everything."""

from django.urls import path

from reports.views import export

urlpatterns = [
    path("", export.export, name="export"),
    path("unlock/", export.unlock, name="export_unlock"),
    path("make/", export.make, name="export_make"),
    path("<str:name>/", export.download, name="export_file"),
]
