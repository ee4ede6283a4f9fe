"""`create_domain` of django-tenants, with the shop chosen by its name."""

from django_tenants.management.commands.create_domain import Command as Stock

from customers.management.by_name import ByName


class Command(ByName, Stock):
    """Interface and work are the stock command's: it adds a domain to a shop."""
