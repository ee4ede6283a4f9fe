from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from products import (
            receivers,  # noqa: F401 - objects to deletions
            search,  # noqa: F401 - registers what the search finds
            trash,  # noqa: F401 - registers what lies in the trash
            undo,  # noqa: F401 - registers what can be undone
        )
