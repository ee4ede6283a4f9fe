"""Requests and people without a database, for tests of pages and middleware."""

from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from core.access import Role


class Person:
    """A staff member as the shell sees one."""

    is_authenticated = is_active = True
    is_superuser = False
    name = "Марина Петрова"

    def __init__(self, role=Role.OWNER, language="ru", theme="auto"):
        self.role, self.language, self.theme = role, language, theme
        self.saved = []

    def get_username(self):
        return "marina"

    def get_role_display(self):
        return str(Role(self.role).label)

    def save(self, update_fields):
        self.saved += update_fields


class Asks:
    """What django_htmx says about a request of htmx."""

    boosted = False
    history_restore_request = False

    def __init__(self, **is_set):
        self.__dict__.update(is_set)


def request(path="/orders/", *, method="get", data=None, user=None, htmx=None, **headers):
    made = getattr(RequestFactory(), method)(path, data or {}, **headers)
    made.user = user or AnonymousUser()
    made.htmx = htmx
    return made
