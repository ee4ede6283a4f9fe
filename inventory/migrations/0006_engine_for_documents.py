"""The engine for documents that move goods on: order of issue by warehouse, batches that descend from others."""

from django.db import migrations

from inventory.engine import create, drop


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_goods_documents")]

    operations = [
        drop("stock_cover_0001"),
        create("stock_cover_0002"),
        drop("stock_issue_0001"),
        create("stock_issue_0002"),
        drop("stock_receive_0001"),
        create("stock_receive_0002"),
        drop("stock_sell_0001"),
        create("stock_sell_0002"),
    ]
