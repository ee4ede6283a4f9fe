"""Addresses of the first steps; the first page itself has the shop's root."""

from django.urls import path

from reports.views import first_steps

app_name = "reports"
urlpatterns = [
    path("hide/", first_steps.hide, name="hide_first_steps"),
    path("demo/", first_steps.load_demo, name="load_demo"),
]
