"""Our list of tables is Django's own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.postgresql_backend.introspection import DatabaseSchemaIntrospection

from core.tenancy import in_public, in_schema


@pytest.mark.parametrize("schema", ["public", "rose", "nowhere"])
def test_the_list_of_tables_is_that_of_django(shops, schema):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE VIEW rose.seen AS SELECT 1 AS one; CREATE MATERIALIZED VIEW rose.kept AS SELECT 1 AS one;"
            "CREATE TABLE rose.parted (day date) PARTITION BY RANGE (day);"
            "CREATE TABLE rose.part PARTITION OF rose.parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
            "COMMENT ON TABLE rose.parted IS 'said of it'"
        )
    with in_schema(schema):
        with CaptureQueriesContext(connection) as seen, connection.cursor() as cursor:
            ours = connection.introspection.get_table_list(cursor)
        with connection.cursor() as cursor:
            djangos = DatabaseSchemaIntrospection(connection).get_table_list(cursor)
    assert sorted(ours) == sorted(djangos)
    assert (len(ours) > 10) == (schema != "nowhere")
    assert len([query for query in seen if "pg_c" in query["sql"]]) == 1
    if schema == "rose":
        kinds = {table.name: (table.type, table.comment) for table in ours}
        assert (kinds["seen"][0], kinds["kept"][0], kinds["part"][0]) == ("v", "v", "p")
        assert kinds["parted"] == ("t", "said of it")


def test_a_shop_does_not_count_the_tables_of_the_platform_as_its_own(shops):
    with in_schema("rose"):
        assert "customers_client" not in connection.introspection.table_names()
    with in_public():
        assert "customers_client" in connection.introspection.table_names()
