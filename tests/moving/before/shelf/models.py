from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Garden(models.Model):
    name = models.CharField(max_length=40)

    def __str__(self):
        return self.name


class Shelf(models.Model):
    best = models.ForeignKey("old_home.Plant", models.PROTECT, null=True, related_name="best_on")
    plants = models.ManyToManyField("old_home.Plant", related_name="shelves")

    def __str__(self):
        return str(self.best)


class Note(models.Model):
    text = models.TextField()
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.BigIntegerField()
    about = GenericForeignKey()

    def __str__(self):
        return self.text


class Sign(models.Model):
    garden = models.ForeignKey(Garden, models.CASCADE, related_name="new_home_labels")

    def __str__(self):
        return str(self.garden)


class Tag(models.Model):
    """old_home has one of this name too."""

    name = models.CharField(max_length=40)

    def __str__(self):
        return self.name
