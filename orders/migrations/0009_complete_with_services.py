"""Completing an order knows lines that name a service: they have no demand."""

from django.db import migrations

from orders.engine import functions


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_price_notes_and_holds"), ("products", "0012_services_stay_services")]

    operations = [functions.drop("order_complete_0002"), functions.create("order_complete_0003")]
