"""What the shops' schemas hold of SQL functions is what the files say."""

from django.db import connection

from inventory.engine import install
from orders import engine


def test_the_installed_functions_are_the_newest_files(shop):
    wanted = {
        name: files.text(file).split("$$")[1]
        for files in (install.functions, engine.functions)
        for name, file in files.newest().items()
    }
    assert {"stock_issue", "stock_receive", "stock_put_back", "order_complete"} <= set(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "select proname, prosrc from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where nspname = %s and (proname like 'stock\\_%%' or proname like 'order\\_%%')",
            [connection.schema_name],
        )
        assert dict(cursor.fetchall()) == wanted
