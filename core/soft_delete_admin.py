"""The admin of rows that are marked instead of removed: live ones first, the deleted ones on request, both ways."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from core.errors import DomainError
from core.models import SoftDelete
from core.soft_delete import mark_deleted, restore


class DeletedFilter(admin.SimpleListFilter):
    """Live rows unless asked otherwise."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("deleted ones")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("live ones"),
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(is_deleted=self.value() == "yes")


class SoftDeleteAdmin(ModelAdmin):
    """Deletes and restores through core.soft_delete; nothing is removed for good, and deleted rows can't be edited."""

    actions = ("mark_chosen_deleted", "restore_chosen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = self.model.all_objects.all()
        # A choice in a foreign key's field is among live rows only.
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            rows = rows.filter(is_deleted=False)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [DeletedFilter, *super().get_list_filter(request)]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj is not None and obj.is_deleted)

    def bring_back(self, row: SoftDelete, *, by: Any) -> None:
        """Restore one row. Raises DomainError."""
        restore(row, by=by)

    @admin.action(description=_("Delete"))
    def mark_chosen_deleted(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each row for itself: one that is still in use does not keep the others."""
        done = self._each(request, queryset, lambda row: mark_deleted([row], by=request.user, now=timezone.now()))
        if done:
            text = ngettext(
                "%(count)d row is deleted. It can be restored.",
                "%(count)d rows are deleted. They can be restored.",
                done,
            )
            messages.success(request, text % {"count": done})

    @admin.action(description=_("Restore"))
    def restore_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Bring the rows back with what went with them."""
        done = self._each(request, queryset.filter(is_deleted=True), lambda row: self.bring_back(row, by=request.user))
        if done:
            messages.success(
                request, ngettext("%(count)d row is back.", "%(count)d rows are back.", done) % {"count": done}
            )

    def _each(self, request: HttpRequest, rows: Iterable[SoftDelete], work: Any) -> int:
        done = 0
        for row in rows:
            try:
                work(row)
            except DomainError as refusal:
                messages.error(request, str(refusal))
            else:
                done += 1
        return done


class ReadOnlyAdmin(ModelAdmin):
    """Looking only: what is posted is never edited or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
