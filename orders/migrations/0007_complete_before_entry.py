"""Completing an order leaves it to the step-by-step way when goods lack in a warehouse that sells before entry."""

from django.db import migrations

from orders.engine import functions


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_complete_function"), ("inventory", "0008_sell_before_entry")]

    operations = [functions.drop("order_complete_0001"), functions.create("order_complete_0002")]
