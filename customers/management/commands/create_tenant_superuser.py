"""`create_tenant_superuser` of django-tenants, with the shop chosen by its name."""

from django_tenants.management.commands.create_tenant_superuser import Command as Stock

from customers.management.by_name import ByName


class Command(ByName, Stock):
    """Interface and work are the stock command's: it makes a superuser inside one shop."""
