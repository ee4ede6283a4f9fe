"""Addresses of the public site."""

from django.urls import path

from customers import views

urlpatterns = [
    path("", views.landing, name="home"),
    path("apply/", views.apply_for_shop, name="apply"),
    path("apply/address/", views.suggest_address_field, name="suggest_address"),
    path("application/", views.application_sent, name="application_sent"),
    path("application/<uuid:token>/", views.application_status, name="application_status"),
    path("application/<uuid:token>/confirm/", views.confirm, name="application_confirm"),
    path("application/<uuid:token>/again/", views.send_again, name="application_again"),
    path("application/<uuid:token>/e-mail/", views.other_email, name="application_email"),
]
