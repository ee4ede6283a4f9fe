"""The stock engine's SQL functions, the ledger's guard, and room on the pages that every sale rewrites."""

from django.db import migrations

from core.migration_helpers import guard_trigger
from inventory.engine import create


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        create("stock_cover_0001"),
        create("stock_issue_0001"),
        create("stock_receive_0001"),
        create("stock_put_back_0001"),
        create("stock_sell_0001"),
        *guard_trigger(
            "ledger_is_append_only",
            table="inventory_stockmovement",
            when="before update or delete",
            each="row",
            message="the stock ledger is append-only",
        ),
        *guard_trigger(
            "ledger_is_not_truncated",
            table="inventory_stockmovement",
            when="before truncate",
            each="statement",
            message="the stock ledger is append-only",
        ),
        # Fires at the commit, and only for rows that were written unprocessed: a processed sale never queues it.
        *guard_trigger(
            "sale_is_processed",
            table="inventory_sale",
            when="after insert",
            each="row",
            condition="not new.processed",
            deferred=True,
            unless="select processed from %I.inventory_sale where id = $1",
            message="a sale was saved but not written off",
        ),
        migrations.RunSQL(
            [
                "alter table inventory_stock set (fillfactor = 50)",
                "alter table inventory_stockbatch set (fillfactor = 80)",
                "alter table inventory_reservation set (fillfactor = 80)",
                "alter table inventory_stockdemand set (fillfactor = 80)",
            ],
            [
                "alter table inventory_stock reset (fillfactor)",
                "alter table inventory_stockbatch reset (fillfactor)",
                "alter table inventory_reservation reset (fillfactor)",
                "alter table inventory_stockdemand reset (fillfactor)",
            ],
        ),
    ]
