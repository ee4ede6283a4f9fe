"""What is left when `Plant` has moved."""

from django.db import models


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)

    def __str__(self):
        return self.name


class Watering(models.Model):
    plant = models.ForeignKey("new_home.Plant", models.CASCADE, related_name="waterings")
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
