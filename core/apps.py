from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import (
            checks,  # noqa: F401 - registers the system checks
            search_places,  # noqa: F401 - registers what the search finds
        )
        from core.content_types import keep_content_types_apart, know_moved_models
        from core.middleware.shop import connect_signals

        connect_signals()
        keep_content_types_apart()
        know_moved_models()
