"""Addresses that the platform and every shop have in common; include them at the root."""

from django.conf import settings
from django.urls import path

from core import views

urlpatterns = [
    path("language/", views.set_language, name="set_language"),
    path("theme/", views.set_theme, name="set_theme"),
]
if settings.DEBUG:
    urlpatterns += [
        path("styleguide/", views.styleguide, name="styleguide"),
        path("styleguide/error/<int:code>/", views.styleguide_error, name="styleguide_error"),
        path("styleguide/page/<slug:name>/", views.styleguide_page, name="styleguide_page"),
    ]
