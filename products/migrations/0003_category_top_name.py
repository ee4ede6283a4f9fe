"""Two categories at the top can't share a name. Where two do, the later ones get their number behind it."""

import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0002_purchase_unit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            [
                "update products_productcategory c set name = left(c.name, 75) || ' (' || c.id || ')'"
                " where not c.is_deleted and c.parent_id is null and exists ("
                "  select 1 from products_productcategory e where not e.is_deleted and e.parent_id is null"
                "   and lower(e.name) = lower(c.name) and e.id < c.id)"
            ],
            migrations.RunSQL.noop,
        ),
        # What the update left to be checked is checked now, or the index can't be made in this transaction; what comes
        # later in it, a new shop's first goods perhaps, is checked at the end again.
        migrations.RunSQL(["set constraints all immediate", "set constraints all deferred"], migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="productcategory",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("is_deleted", False), ("parent__isnull", True)),
                name="category_top_name_once",
            ),
        ),
    ]
