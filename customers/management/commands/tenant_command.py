"""`tenant_command` of django-tenants, with the shop chosen by its name."""

from django_tenants.management.commands.tenant_command import Command as Stock

from customers.management.by_name import ByName


class Command(ByName, Stock):
    """Interface and work are the stock command's: it runs another command inside one shop."""
