"""Rows of the stock engine: nobody edits or deletes them but the engine's own functions."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class EngineRowError(DomainError):
    """Somebody tried to write or delete a row that only the stock engine writes."""

    code = "engine_row"


class EngineQuerySet(models.QuerySet[Any]):
    def delete(self) -> tuple[int, dict[str, int]]:
        raise EngineRowError(_refusal(self.model))


EngineManager = models.Manager.from_queryset(EngineQuerySet)


class EngineRow(models.Model):
    """A row written by the stock engine's SQL functions. Through the ORM it is read only."""

    objects = EngineManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise EngineRowError(_refusal(type(self)))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise EngineRowError(_refusal(type(self)))


def _refusal(model: type[models.Model]) -> Any:
    return _(
        "%(rows)s are written by the stock engine and never by hand. Post a receipt, a sale, a write-off or a return."
    ) % {"rows": model._meta.verbose_name_plural}
