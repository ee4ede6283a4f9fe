"""Whether a product is a service never changes: stock and order lines count on it without asking again."""

from django.db import migrations

from core.migration_helpers import guard_trigger


class Migration(migrations.Migration):
    dependencies = [("products", "0011_price_rule")]

    operations = [
        *guard_trigger(
            "product_stays_service_or_goods",
            table="products_product",
            when="before update of kind",
            each="row",
            condition="(old.kind = 'service') <> (new.kind = 'service')",
            message="A service never becomes goods, nor goods a service.",
        ),
    ]
