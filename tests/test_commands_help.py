"""`--help` of every command of ours prints."""

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.utils import translation

OURS = {"core", "customers", "accounts", "products", "inventory", "orders", "reports"}
COMMANDS = sorted((app, name) for name, app in get_commands().items() if app in OURS)


def test_commands_of_every_app_are_found():
    assert {config.name for config in apps.get_app_configs()} >= OURS
    assert len(COMMANDS) > 30


@pytest.mark.parametrize(("app", "name"), COMMANDS)
def test_help_prints_in_both_languages(app, name):
    for language in ("en", "ru"):
        with translation.override(language):
            said = load_command_class(app, name).create_parser("manage.py", name).format_help()
        assert name in said
        assert len(said.splitlines()) > 5
