"""The machinery behind dev.py: packages, an embedded PostgreSQL, the processes of one installation.

Everything here runs before a single package is installed, so it uses the standard library only. What needs a package
(psycopg2, polib) imports it inside the function that uses it.
"""
