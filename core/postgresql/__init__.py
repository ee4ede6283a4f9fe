"""The database backend of django-tenants, with a list of tables that does not grow with the number of shops."""
