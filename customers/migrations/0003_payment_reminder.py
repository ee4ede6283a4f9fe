from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_life_cycle")]

    operations = [
        migrations.AddField(model_name="client", name="reminded_on", field=models.DateField(editable=False, null=True)),
    ]
