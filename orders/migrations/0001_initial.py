import core.quantities
import core.series
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("inventory", "0001_initial"),
        ("products", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            sql=["create sequence orders_order_number_seq start 1001"],
            reverse_sql=["drop sequence orders_order_number_seq"],
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "phone",
                    models.CharField(blank=True, help_text="With country code.", max_length=20, verbose_name="phone"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
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
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "ordering": ["name", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_deleted", False), models.Q(("phone", ""), _negated=True)),
                        fields=("phone",),
                        name="contact_phone_once",
                    )
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="OrderStatus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="Left empty, a system status is named in the reader's language.",
                        max_length=60,
                        verbose_name="name",
                    ),
                ),
                (
                    "color",
                    models.CharField(
                        choices=[
                            ("slate", "slate"),
                            ("blue", "blue"),
                            ("cyan", "cyan"),
                            ("teal", "teal"),
                            ("green", "green"),
                            ("lime", "lime"),
                            ("amber", "amber"),
                            ("orange", "orange"),
                            ("red", "red"),
                            ("pink", "pink"),
                            ("violet", "violet"),
                            ("brown", "brown"),
                        ],
                        default="slate",
                        max_length=10,
                        verbose_name="colour",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("new", "New"),
                            ("confirmed", "Confirmed"),
                            ("assembling", "Assembling"),
                            ("ready", "Ready"),
                            ("delivering", "Out for delivery"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=12,
                        verbose_name="category",
                    ),
                ),
                ("is_system", models.BooleanField(default=False, editable=False, verbose_name="system")),
                ("is_positive_end", models.BooleanField(default=False, verbose_name="good end")),
                ("is_negative_end", models.BooleanField(default=False, verbose_name="bad end")),
            ],
            options={
                "verbose_name": "order status",
                "verbose_name_plural": "order statuses",
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "category__in",
                                [
                                    "draft",
                                    "new",
                                    "confirmed",
                                    "assembling",
                                    "ready",
                                    "delivering",
                                    "completed",
                                    "cancelled",
                                ],
                            )
                        ),
                        name="status_category_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("category", "completed"), ("is_positive_end", True)),
                            models.Q(("is_positive_end", False), models.Q(("category", "completed"), _negated=True)),
                            _connector="OR",
                        ),
                        name="status_good_end_matches",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("category", "cancelled"), ("is_negative_end", True)),
                            models.Q(("is_negative_end", False), models.Q(("category", "cancelled"), _negated=True)),
                            _connector="OR",
                        ),
                        name="status_bad_end_matches",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_system", True), models.Q(("name", ""), _negated=True), _connector="OR"),
                        name="status_named",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=core.series.NextVal("orders_order_number_seq"),
                        editable=False,
                        unique=True,
                        verbose_name="no.",
                    ),
                ),
                (
                    "fulfilment",
                    models.CharField(
                        choices=[("delivery", "delivery"), ("pickup", "pickup")],
                        default="delivery",
                        max_length=10,
                        verbose_name="handing over",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=300, verbose_name="address")),
                ("due_on", models.DateField(verbose_name="date")),
                ("due_from", models.TimeField(blank=True, null=True, verbose_name="from")),
                ("due_until", models.TimeField(blank=True, null=True, verbose_name="until")),
                ("card_message", models.TextField(blank=True, max_length=500, verbose_name="card")),
                ("courier_note", models.TextField(blank=True, max_length=500, verbose_name="note for the courier")),
                (
                    "discount",
                    core.quantities.MoneyField(decimal_places=2, default=0, max_digits=14, verbose_name="discount"),
                ),
                (
                    "delivery_price",
                    core.quantities.MoneyField(
                        decimal_places=2, default=0, max_digits=14, verbose_name="delivery price"
                    ),
                ),
                (
                    "total",
                    core.quantities.MoneyField(
                        decimal_places=2, default=0, editable=False, max_digits=14, verbose_name="total"
                    ),
                ),
                (
                    "paid",
                    core.quantities.MoneyField(
                        decimal_places=2, default=0, editable=False, max_digits=14, verbose_name="paid"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                ("completed_at", models.DateTimeField(editable=False, null=True, verbose_name="completed")),
                (
                    "buyer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bought",
                        to="orders.contact",
                        verbose_name="buyer",
                    ),
                ),
                (
                    "created_by",
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
                    "recipient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="received",
                        to="orders.contact",
                        verbose_name="recipient",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="orders.orderstatus",
                        verbose_name="status",
                    ),
                ),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ["-due_on", "-id"],
                "indexes": [models.Index(fields=["due_on", "due_from", "id"], name="order_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("discount__gte", 0), ("discount__lte", Decimal("999999999999"))),
                        name="order_discount_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("delivery_price__gte", 0), ("delivery_price__lte", Decimal("999999999999"))
                        ),
                        name="order_delivery_price_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total__gte", 0), ("total__lte", Decimal("999999999999"))),
                        name="order_total_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("paid__gte", 0), ("paid__lte", Decimal("999999999999"))),
                        name="order_paid_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_from__isnull", True),
                            ("due_until__isnull", True),
                            ("due_from__lt", models.F("due_until")),
                            _connector="OR",
                        ),
                        name="order_slot_forward",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                ("price", core.quantities.MoneyField(decimal_places=2, max_digits=14, verbose_name="price")),
                ("frozen_as", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "kit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_items",
                        to="products.productkit",
                        verbose_name="bouquet",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_items",
                        to="products.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "order line",
                "verbose_name_plural": "order lines",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kit__isnull", True), ("product__isnull", False)),
                            models.Q(("kit__isnull", False), ("product__isnull", True)),
                            _connector="OR",
                        ),
                        name="item_product_or_kit",
                        violation_error_message="Choose either a product or a bouquet for each line.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="item_quantity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0), ("price__lte", Decimal("999999999999"))),
                        name="item_price_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderItemDemand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_amount", core.quantities.MoneyField(decimal_places=2, default=0, max_digits=14)),
                (
                    "demand",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_link",
                        to="inventory.stockdemand",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="demand_links", to="orders.orderitem"
                    ),
                ),
            ],
            options={
                "verbose_name": "demand of an order line",
                "verbose_name_plural": "demands of order lines",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("list_amount__gte", 0), ("list_amount__lte", Decimal("999999999999"))),
                        name="item_demand_amount_range",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("created", "created"),
                            ("status", "status"),
                            ("edited", "edited"),
                            ("payment", "payment"),
                            ("substituted", "composition changed"),
                            ("reservation_lost", "reserved goods were taken away"),
                        ],
                        max_length=20,
                        verbose_name="event",
                    ),
                ),
                ("data", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="orders.order"
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.orderstatus",
                    ),
                ),
                (
                    "status_before",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.orderstatus",
                    ),
                ),
            ],
            options={
                "verbose_name": "order event",
                "verbose_name_plural": "history of orders",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", core.quantities.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                (
                    "method",
                    models.CharField(
                        choices=[("cash", "cash"), ("card", "card"), ("transfer", "transfer"), ("online", "online")],
                        max_length=10,
                        verbose_name="method",
                    ),
                ),
                ("paid_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="paid")),
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
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", Decimal("0.01")), ("amount__lte", Decimal("999999999999"))),
                        name="payment_amount_range",
                    )
                ],
            },
        ),
    ]
