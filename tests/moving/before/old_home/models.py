"""Two apps with everything that hangs on a model: `Plant` is to move from old_home to new_home."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)

    def __str__(self):
        return self.name


class Plant(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    height = models.PositiveIntegerField(default=0)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    garden = models.ForeignKey("shelf.Garden", models.CASCADE, related_name="plants")
    planted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    tags = models.ManyToManyField("old_home.Tag", related_name="plants")
    friends = models.ManyToManyField("self")
    notes = GenericRelation("shelf.Note")

    class Meta:
        indexes = [models.Index(fields=["name"]), models.Index(fields=["-height"], name="plant_highest")]
        constraints = [
            models.UniqueConstraint(fields=["garden", "name"], name="plant_once_in_garden"),
            models.CheckConstraint(condition=models.Q(height__lte=10_000), name="plant_not_too_high"),
        ]
        permissions = [("water_plant", "Can water plant")]

    def __str__(self):
        return self.name


class Watering(models.Model):
    plant = models.ForeignKey(Plant, models.CASCADE, related_name="waterings")
    litres = models.IntegerField()

    def __str__(self):
        return f"{self.plant}: {self.litres}"


class Pot(models.Model):
    """A parent: not to be moved."""

    size = models.IntegerField(default=1)

    def __str__(self):
        return str(self.size)


class ClayPot(Pot):
    colour = models.CharField(max_length=20)


class Label(models.Model):
    """Its reverse accessor follows the app, and in new_home there would be two of them."""

    garden = models.ForeignKey("shelf.Garden", models.CASCADE, related_name="%(app_label)s_labels")

    def __str__(self):
        return str(self.garden)
