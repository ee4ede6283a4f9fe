"""Django's memory of content types, kept apart by schema; and models that have moved to another app.

Django remembers them in the process by the name of the database, which all shops share: where two schemas number them
differently, one thread's shop would get the numbers of another's (a fifth of all answers, when it was tried).

A model that moved says `moved_from = "orders"` as long as code of before may run, which knows its content type by that
app. For the new code the same row is the model's then (docs/moving-models.md).
"""

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType, ContentTypeManager

from core.tenancy import current_schema_name


class BySchema(dict[Any, Any]):
    """The dictionary the manager works with; every key is taken together with the schema of now."""

    def __getitem__(self, using: Any) -> Any:
        return super().__getitem__((current_schema_name(), using))

    def setdefault(self, using: Any, default: Any = None) -> Any:
        return super().setdefault((current_schema_name(), using), default)


def keep_content_types_apart() -> None:
    """Called once when the application starts."""
    ContentType.objects._cache = BySchema()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way


def know_moved_models() -> None:
    """Called once when the application starts: while a model has two names, both lead to the one content type."""
    moved = {
        (old_app, model._meta.model_name): model
        for model in apps.get_models()
        if (old_app := getattr(model, "moved_from", None))
    }
    if not moved:
        return
    class_of_name = ContentType.model_class

    def model_class(content_type: ContentType) -> Any:
        return class_of_name(content_type) or moved.get((content_type.app_label, content_type.model))

    def get_for_model(model: Any, for_concrete_model: bool = True) -> ContentType:  # noqa: FBT001 - as Django has it
        manager = ContentType.objects
        if old_app := getattr(model, "moved_from", None):
            try:
                return manager.get_by_natural_key(old_app, model._meta.model_name)
            except ContentType.DoesNotExist:
                pass  # in this shop no code of before is expected any more
        return ContentTypeManager.get_for_model(manager, model, for_concrete_model)

    ContentType.model_class = model_class  # type: ignore[method-assign,assignment]  # there is no public way
    ContentType.objects.get_for_model = get_for_model  # type: ignore[method-assign]
