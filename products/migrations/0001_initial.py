import core.quantities
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.manager
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.RunSQL(
            sql=["create sequence products_sku_seq"],
            reverse_sql=["drop sequence products_sku_seq"],
        ),
        migrations.CreateModel(
            name="ProductCategory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
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
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="products.productcategory",
                    ),
                ),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ["position", "name"],
                "abstract": False,
                "base_manager_name": "all_objects",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        models.F("parent"),
                        condition=models.Q(("is_deleted", False)),
                        name="category_name_once",
                    )
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "sku",
                    models.CharField(
                        blank=True, help_text="Left empty, it is made automatically.", max_length=40, verbose_name="SKU"
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("stem", "stems"),
                            ("piece", "pcs"),
                            ("pot", "pots"),
                            ("metre", "m"),
                            ("pack", "packs"),
                        ],
                        default="stem",
                        max_length=10,
                        verbose_name="unit",
                    ),
                ),
                (
                    "sale_price",
                    core.quantities.MoneyField(decimal_places=2, default=0, max_digits=14, verbose_name="price"),
                ),
                (
                    "vase_life_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="How long it stays fresh; empty if it does not wilt.",
                        null=True,
                        verbose_name="vase life, days",
                    ),
                ),
                ("description", models.TextField(blank=True, max_length=5000, verbose_name="description")),
                ("is_active", models.BooleanField(default=True, verbose_name="on sale")),
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
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="products.productcategory",
                        verbose_name="category",
                    ),
                ),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ["name", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
                "indexes": [models.Index(django.db.models.functions.text.Lower("name"), name="product_name_folded")],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Upper("sku"),
                        condition=models.Q(("is_deleted", False)),
                        name="product_sku_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("sku", ""), _negated=True), name="product_sku_present"),
                    models.CheckConstraint(
                        condition=models.Q(("sale_price__gte", 0), ("sale_price__lte", Decimal("999999999999"))),
                        name="product_sale_price_range",
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ProductCategoryPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                ("alt", models.CharField(blank=True, max_length=200, verbose_name="description of the picture")),
                ("width", models.PositiveIntegerField(editable=False, null=True)),
                ("height", models.PositiveIntegerField(editable=False, null=True)),
                ("original_name", models.CharField(blank=True, editable=False, max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photos",
                        to="products.productcategory",
                    ),
                ),
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
                "ordering": ["position", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ProductKit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "sale_price",
                    core.quantities.MoneyField(decimal_places=2, default=0, max_digits=14, verbose_name="price"),
                ),
                ("description", models.TextField(blank=True, max_length=5000, verbose_name="description")),
                ("is_active", models.BooleanField(default=True, verbose_name="on sale")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kits",
                        to="products.productcategory",
                        verbose_name="category",
                    ),
                ),
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
                "verbose_name": "bouquet",
                "verbose_name_plural": "bouquets",
                "ordering": ["name", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("is_deleted", False)),
                        name="kit_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sale_price__gte", 0), ("sale_price__lte", Decimal("999999999999"))),
                        name="kit_sale_price_range",
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="KitItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", core.quantities.QuantityField(decimal_places=3, max_digits=14, verbose_name="quantity")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kit_items",
                        to="products.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "kit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="products.productkit",
                        verbose_name="bouquet",
                    ),
                ),
            ],
            options={
                "verbose_name": "component",
                "verbose_name_plural": "components",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("kit", "product"), name="kit_component_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", Decimal("0.001")), ("quantity__lte", Decimal("99999999999"))
                        ),
                        name="kit_component_quantity_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductKitPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                ("alt", models.CharField(blank=True, max_length=200, verbose_name="description of the picture")),
                ("width", models.PositiveIntegerField(editable=False, null=True)),
                ("height", models.PositiveIntegerField(editable=False, null=True)),
                ("original_name", models.CharField(blank=True, editable=False, max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                (
                    "kit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="photos", to="products.productkit"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ProductPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_deleted", models.BooleanField(default=False, editable=False, verbose_name="deleted")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("delete_batch", models.UUIDField(editable=False, null=True)),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                ("alt", models.CharField(blank=True, max_length=200, verbose_name="description of the picture")),
                ("width", models.PositiveIntegerField(editable=False, null=True)),
                ("height", models.PositiveIntegerField(editable=False, null=True)),
                ("original_name", models.CharField(blank=True, editable=False, max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="photos", to="products.product"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "abstract": False,
                "base_manager_name": "all_objects",
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
    ]
