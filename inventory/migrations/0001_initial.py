import core.quantities
import core.series
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.manager
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("products", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            sql=["create sequence inventory_receipt_number_seq start 1001"],
            reverse_sql=["drop sequence inventory_receipt_number_seq"],
        ),
        migrations.RunSQL(
            sql=["create sequence inventory_writeoff_number_seq start 1001"],
            reverse_sql=["drop sequence inventory_writeoff_number_seq"],
        ),
        migrations.RunSQL(
            sql=["create sequence inventory_supplierreturn_number_seq start 1001"],
            reverse_sql=["drop sequence inventory_supplierreturn_number_seq"],
        ),
        migrations.RunSQL(
            sql=["create sequence inventory_salereturn_number_seq start 1001"],
            reverse_sql=["drop sequence inventory_salereturn_number_seq"],
        ),
        migrations.CreateModel(
            name="Supplier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="phone")),
                ("comment", models.TextField(blank=True, max_length=2000, verbose_name="comment")),
                (
                    "deleted_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "supplier",
                "verbose_name_plural": "suppliers",
                "ordering": ["name", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("is_deleted", False)),
                        name="supplier_name_once",
                    )
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Warehouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_default", models.BooleanField(default=False, verbose_name="main warehouse")),
                (
                    "reserve_ahead_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="An order takes free goods when it is needed within this many days; later ones wait.",
                        verbose_name="reserve ahead, days",
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                (
                    "deleted_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "warehouse",
                "verbose_name_plural": "warehouses",
                "ordering": ["position", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("is_deleted", False)),
                        name="warehouse_name_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True), ("is_deleted", False)),
                        fields=("is_default",),
                        name="warehouse_one_default",
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posted_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="posted")),
                ("comment", models.CharField(blank=True, max_length=500, verbose_name="comment")),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=core.series.NextVal("inventory_receipt_number_seq"), unique=True, verbose_name="no."
                    ),
                ),
                ("received_at", models.DateTimeField(verbose_name="received")),
                (
                    "total_cost",
                    core.quantities.ValueField(decimal_places=4, default=0, max_digits=18, verbose_name="total cost"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="inventory.supplier",
                        verbose_name="supplier",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "receipt",
                "verbose_name_plural": "receipts",
                "ordering": ["-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("total_cost__gte", 0), ("total_cost__lte", Decimal("99999999999999"))),
                        name="receipt_total_range",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceiptLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                (
                    "unit_cost",
                    core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="cost per unit"),
                ),
                ("total_cost", core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="total cost")),
                ("expires_on", models.DateField(null=True, verbose_name="fresh until")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "receipt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="inventory.receipt"
                    ),
                ),
            ],
            options={
                "verbose_name": "receipt line",
                "verbose_name_plural": "receipt lines",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="receipt_line_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_cost__gte", 0), ("unit_cost__lte", Decimal("99999999999999"))),
                        name="receipt_line_unit_cost_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_cost__gte", 0), ("total_cost__lte", Decimal("99999999999999"))),
                        name="receipt_line_total_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "quantity",
                    core.quantities.QuantityField(decimal_places=3, default=0, max_digits=14, verbose_name="on hand"),
                ),
                (
                    "reserved",
                    core.quantities.QuantityField(decimal_places=3, default=0, max_digits=14, verbose_name="reserved"),
                ),
                (
                    "short",
                    core.quantities.QuantityField(
                        decimal_places=3, default=0, max_digits=14, verbose_name="sold before entry"
                    ),
                ),
                ("value", core.quantities.ValueField(decimal_places=4, default=0, max_digits=18, verbose_name="value")),
                ("version", models.BigIntegerField(default=0, verbose_name="ledger rows")),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stocks",
                        to="products.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stocks",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock",
                "verbose_name_plural": "stock",
                "ordering": ["product__name", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("product", "warehouse"), name="stock_once"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 0), ("quantity__lte", Decimal("99999999999"))),
                        name="stock_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("short__gte", 0), ("short__lte", Decimal("99999999999"))),
                        name="stock_short_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("value__gte", Decimal("-99999999999999")), ("value__lte", Decimal("99999999999999"))
                        ),
                        name="stock_value_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__gte", 0), ("reserved__lte", models.F("quantity"))),
                        name="stock_reserved_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity", 0), ("short", 0), _connector="OR"), name="stock_never_both"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("expires_on", models.DateField(null=True, verbose_name="fresh until")),
                (
                    "quantity",
                    core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="received quantity"),
                ),
                ("remaining", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="remaining")),
                (
                    "unit_cost",
                    core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="cost per unit"),
                ),
                ("total_cost", core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="total cost")),
                (
                    "remaining_value",
                    core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="remaining value"),
                ),
                ("is_open", models.BooleanField(default=True, verbose_name="open")),
                (
                    "receipt_line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="inventory.receiptline",
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="inventory.stock"
                    ),
                ),
            ],
            options={
                "verbose_name": "batch",
                "verbose_name_plural": "batches",
                "ordering": ["received_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_open", True)),
                        fields=["stock", "received_at", "id"],
                        name="batch_open_queue",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="batch_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_cost__gte", 0), ("unit_cost__lte", Decimal("99999999999999"))),
                        name="batch_unit_cost_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_cost__gte", 0), ("total_cost__lte", Decimal("99999999999999"))),
                        name="batch_total_cost_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("remaining__gte", 0), ("remaining__lte", models.F("quantity"))),
                        name="batch_remaining_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("remaining_value__gte", 0), ("remaining_value__lte", models.F("total_cost"))
                        ),
                        name="batch_value_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("remaining__gt", 0), ("remaining_value", 0), _connector="OR"),
                        name="batch_empty_is_worth_0",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_open", True), ("remaining__gt", 0)),
                            models.Q(("is_open", False), ("remaining", 0)),
                            _connector="OR",
                        ),
                        name="batch_open_matches",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockDemand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("needed_on", models.DateField(verbose_name="needed on")),
                ("is_open", models.BooleanField(default=True, verbose_name="open")),
                ("cancelled_at", models.DateTimeField(null=True, verbose_name="cancelled")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="products.product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="inventory.warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "demand",
                "verbose_name_plural": "demands",
                "ordering": ["needed_on", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_open", True)),
                        fields=["product", "warehouse", "needed_on", "id"],
                        name="demand_open_queue",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="demand_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_open", False), ("cancelled_at__isnull", True), _connector="OR"),
                        name="demand_cancelled_is_closed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sale",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                (
                    "amount",
                    core.quantities.MoneyField(decimal_places=2, default=0, max_digits=14, verbose_name="amount"),
                ),
                (
                    "cost",
                    core.quantities.ValueField(
                        decimal_places=4, default=0, editable=False, max_digits=18, verbose_name="cost"
                    ),
                ),
                (
                    "returned",
                    core.quantities.QuantityField(
                        decimal_places=3, default=0, editable=False, max_digits=14, verbose_name="returned"
                    ),
                ),
                (
                    "returned_cost",
                    core.quantities.ValueField(
                        decimal_places=4, default=0, editable=False, max_digits=18, verbose_name="returned cost"
                    ),
                ),
                ("processed", models.BooleanField(default=False, editable=False, verbose_name="written off")),
                ("sold_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="sold")),
                ("reversed_at", models.DateTimeField(editable=False, null=True, verbose_name="reversed")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sales",
                        to="products.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sales",
                        to="inventory.stockdemand",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sales",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "sale",
                "verbose_name_plural": "sales",
                "ordering": ["-sold_at", "-id"],
                "indexes": [
                    models.Index(condition=models.Q(("demand__isnull", False)), fields=["demand"], name="sale_demand"),
                    models.Index(fields=["sold_at"], name="sale_sold_at"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("demand__isnull", False), ("reversed_at__isnull", True)),
                        fields=("demand",),
                        name="sale_one_live_per_demand",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="sale_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0), ("amount__lte", Decimal("999999999999"))),
                        name="sale_amount_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cost__gte", 0), ("cost__lte", Decimal("99999999999999"))),
                        name="sale_cost_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("returned__gte", 0), ("returned__lte", models.F("quantity"))),
                        name="sale_returned_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("returned_cost__gte", 0), ("returned_cost__lte", models.F("cost"))),
                        name="sale_returned_cost_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SaleReturn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posted_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="posted")),
                ("comment", models.CharField(blank=True, max_length=500, verbose_name="comment")),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=core.series.NextVal("inventory_salereturn_number_seq"),
                        unique=True,
                        verbose_name="no.",
                    ),
                ),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("cost", core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="cost")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "sale",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="returns", to="inventory.sale"
                    ),
                ),
            ],
            options={
                "verbose_name": "return from a buyer",
                "verbose_name_plural": "returns from buyers",
                "ordering": ["-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="sale_return_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cost__gte", 0), ("cost__lte", Decimal("99999999999999"))),
                        name="sale_return_cost_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Shortage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("open", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="still open")),
                (
                    "open_value",
                    core.quantities.ValueField(
                        decimal_places=4, max_digits=18, verbose_name="estimated cost of the open part"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="opened")),
                (
                    "sale",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shortages", to="inventory.sale"
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shortages",
                        to="inventory.stock",
                    ),
                ),
            ],
            options={
                "verbose_name": "shortage",
                "verbose_name_plural": "shortages",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("open__gt", 0)), fields=["stock", "id"], name="shortage_open_queue"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="shortage_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("open_value__gte", 0), ("open_value__lte", Decimal("99999999999999"))),
                        name="shortage_open_value_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("open__gte", 0), ("open__lte", models.F("quantity"))),
                        name="shortage_open_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("open__gt", 0), ("open_value", 0), _connector="OR"),
                        name="shortage_closed_is_worth_0",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="reserved")),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="inventory.stock",
                        verbose_name="stock",
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="inventory.stockdemand",
                        verbose_name="demand",
                    ),
                ),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_active", True)), fields=["stock", "id"], name="reservation_active"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)), fields=("demand",), name="reservation_one_active"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="reservation_quantity_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField(verbose_name="no.")),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "receipt"),
                            (2, "sale"),
                            (3, "write-off"),
                            (4, "return to supplier"),
                            (5, "reversal of a sale"),
                            (6, "return from a buyer"),
                            (7, "true cost of goods sold before entry"),
                        ],
                        verbose_name="kind",
                    ),
                ),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("value", core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="value")),
                (
                    "balance_after",
                    core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="balance"),
                ),
                (
                    "value_after",
                    core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="value after"),
                ),
                (
                    "source_kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "receipt line"),
                            (2, "sale"),
                            (3, "write-off"),
                            (4, "return to supplier"),
                            (5, "return from a buyer"),
                            (6, "shortage"),
                        ],
                        verbose_name="document",
                    ),
                ),
                ("source_id", models.BigIntegerField(verbose_name="document no.")),
                ("part", models.BigIntegerField(default=0)),
                ("business_date", models.DateField(verbose_name="date")),
                ("created_at", models.DateTimeField(verbose_name="entered")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.stock",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock movement",
                "verbose_name_plural": "stock movements",
                "ordering": ["stock_id", "seq"],
                "constraints": [
                    models.UniqueConstraint(fields=("stock", "seq"), name="movement_seq_once"),
                    models.UniqueConstraint(
                        fields=("source_kind", "source_id", "kind", "part", "stock"), name="movement_source_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("-99999999999")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="movement_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("value__gte", Decimal("-99999999999999")), ("value__lte", Decimal("99999999999999"))
                        ),
                        name="movement_value_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("balance_after__gte", Decimal("-99999999999")),
                            ("balance_after__lte", Decimal("99999999999")),
                        ),
                        name="movement_balance_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("value_after__gte", Decimal("-99999999999999")),
                            ("value_after__lte", Decimal("99999999999999")),
                        ),
                        name="movement_value_after_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SupplierReturn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posted_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="posted")),
                ("comment", models.CharField(blank=True, max_length=500, verbose_name="comment")),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=core.series.NextVal("inventory_supplierreturn_number_seq"),
                        unique=True,
                        verbose_name="no.",
                    ),
                ),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("cost", core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="cost")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supplier_returns",
                        to="inventory.stockbatch",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="inventory.supplier",
                    ),
                ),
            ],
            options={
                "verbose_name": "return to supplier",
                "verbose_name_plural": "returns to suppliers",
                "ordering": ["-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="supplier_return_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cost__gte", 0), ("cost__lte", Decimal("99999999999999"))),
                        name="supplier_return_cost_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posted_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="posted")),
                ("comment", models.CharField(blank=True, max_length=500, verbose_name="comment")),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=core.series.NextVal("inventory_writeoff_number_seq"), unique=True, verbose_name="no."
                    ),
                ),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("cost", core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="cost")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("wilted", "wilted"),
                            ("broken", "broken"),
                            ("pests", "pests"),
                            ("transit", "damaged in transit"),
                            ("training", "training"),
                            ("own_use", "own use"),
                            ("gift", "gift"),
                            ("other", "other"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="write_offs",
                        to="products.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="write_offs",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "write-off",
                "verbose_name_plural": "write-offs",
                "ordering": ["-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="write_off_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cost__gte", 0), ("cost__lte", Decimal("99999999999999"))),
                        name="write_off_cost_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SaleAllocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("cost", core.quantities.ValueField(decimal_places=4, max_digits=18, verbose_name="cost")),
                (
                    "returned",
                    core.quantities.QuantityField(decimal_places=3, default=0, max_digits=14, verbose_name="returned"),
                ),
                (
                    "returned_cost",
                    core.quantities.ValueField(
                        decimal_places=4, default=0, max_digits=18, verbose_name="returned cost"
                    ),
                ),
                (
                    "sale",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="inventory.sale",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="inventory.stockbatch",
                    ),
                ),
                (
                    "supplier_return",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="inventory.supplierreturn",
                    ),
                ),
                (
                    "write_off",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="inventory.writeoff",
                    ),
                ),
            ],
            options={
                "verbose_name": "allocation",
                "verbose_name_plural": "allocations",
                "ordering": ["id"],
                "indexes": [
                    models.Index(condition=models.Q(("sale__isnull", False)), fields=["sale"], name="allocation_sale"),
                    models.Index(
                        condition=models.Q(("write_off__isnull", False)),
                        fields=["write_off"],
                        name="allocation_write_off",
                    ),
                    models.Index(
                        condition=models.Q(("supplier_return__isnull", False)),
                        fields=["supplier_return"],
                        name="allocation_sup_return",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="allocation_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cost__gte", 0), ("cost__lte", Decimal("99999999999999"))),
                        name="allocation_cost_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("returned__gte", 0), ("returned__lte", models.F("quantity"))),
                        name="allocation_returned_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("returned_cost__gte", 0), ("returned_cost__lte", models.F("cost"))),
                        name="allocation_returned_cost_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned__lt", models.F("quantity")), ("returned_cost", models.F("cost")), _connector="OR"
                        ),
                        name="allocation_full_return",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("sale__isnull", False), ("supplier_return__isnull", True), ("write_off__isnull", True)
                            ),
                            models.Q(
                                ("sale__isnull", True), ("supplier_return__isnull", True), ("write_off__isnull", False)
                            ),
                            models.Q(
                                ("sale__isnull", True), ("supplier_return__isnull", False), ("write_off__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="allocation_one_source",
                    ),
                ],
            },
        ),
    ]
