from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0004_receipt_line_packs"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="stockbatch",
            index=models.Index(condition=models.Q(("is_open", True)), fields=["expires_on"], name="batch_open_expiry"),
        ),
    ]
