"""Addresses of people: the same on the platform and in every shop."""

from django.urls import path

from accounts.views import people, second_factor

urlpatterns = [
    path("login/", people.log_in, name="login"),
    path("login/code/", people.log_in_code, name="login_code"),
    path("logout/", people.log_out, name="logout"),
    path("invitation/<str:who>/<str:token>/", people.invitation, name="invitation"),
    path("new-password/", people.forgotten, name="forgotten"),
    path("new-password/<str:who>/<str:token>/", people.new_password, name="new_password"),
    path("profile/", people.profile, name="profile"),
    path("profile/password/", people.password, name="password"),
    path("profile/second-factor/", second_factor.second_factor, name="second_factor"),
    path("profile/second-factor/on/", second_factor.switch_on, name="second_factor_on"),
    path("profile/second-factor/off/", second_factor.switch_off, name="second_factor_off"),
    path("profile/second-factor/codes/", second_factor.codes, name="second_factor_codes"),
    path("profile/second-factor/owners/", second_factor.owners, name="second_factor_owners"),
]
