"""The SQL function that completes an order in one call."""

from django.db import migrations

from orders.engine import functions


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_order_photos"), ("inventory", "0002_engine")]

    operations = [functions.create("order_complete_0001")]
