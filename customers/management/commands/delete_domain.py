"""`delete_domain` of django-tenants, with the shop chosen by its name."""

from django_tenants.management.commands.delete_domain import Command as Stock

from customers.management.by_name import ByName


class Command(ByName, Stock):
    """Interface and work are the stock command's: it removes a domain of a shop."""
