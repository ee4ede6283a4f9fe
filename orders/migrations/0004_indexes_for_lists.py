from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_discarded_draft"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("completed_at__isnull", False)), fields=["completed_at"], name="order_completed"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("paid__lt", models.F("total"))), fields=["status"], name="order_unpaid"
            ),
        ),
    ]
