"""Addresses of people: the same on the platform and in every shop."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
    path("invitation/<str:who>/<str:token>/", views.invitation, name="invitation"),
    path("new-password/", views.forgotten, name="forgotten"),
    path("new-password/<str:who>/<str:token>/", views.new_password, name="new_password"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
]
