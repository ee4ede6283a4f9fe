"""Django's memory of content types, kept apart by schema.

Django remembers them in the process by the name of the database, which all shops share: where two schemas number them
differently, one thread's shop would get the numbers of another's (a fifth of all answers, when it was tried).
"""

from typing import Any

from django.contrib.contenttypes.models import ContentType

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
