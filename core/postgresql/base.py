"""Django looks for its backend in a module of this name."""

from typing import Any

from django.db.backends.postgresql.introspection import TableInfo
from django_tenants.postgresql_backend import base
from django_tenants.postgresql_backend.introspection import DatabaseSchemaIntrospection


class ShopIntrospection(DatabaseSchemaIntrospection):
    """Asks the server what hangs on the schema instead of which of all tables can be seen from it.

    Django lists the tables several times in every migration, only to find its own among them: half a second each among a
    thousand shops, a millisecond so.
    """

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        """Tables and views of the current schema."""
        cursor.execute(
            "SELECT c.relname, CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END,"
            "       obj_description(c.oid, 'pg_class')"
            "  FROM pg_catalog.pg_namespace n"
            "  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid"
            "   AND d.classid = 'pg_catalog.pg_class'::regclass"
            "  JOIN pg_catalog.pg_class c ON c.oid = d.objid"
            " WHERE n.nspname = %s AND c.relkind IN ('f', 'm', 'p', 'r', 'v')",
            [self.connection.schema_name],
        )
        return [TableInfo(*row) for row in cursor.fetchall() if row[0] not in self.ignored_tables]


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection of django-tenants."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.introspection = ShopIntrospection(self)
