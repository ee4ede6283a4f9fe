from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        from inventory import (
            receivers,  # noqa: F401 - connects the receivers
            signals,  # noqa: F401 - likewise
            trash,  # noqa: F401 - registers what lies in the trash
            undo,  # noqa: F401 - registers what can be undone
        )
        from inventory.selectors.costs import costs_now
        from inventory.selectors.figures import (
            figures_by_product,
            free_by_place,
            in_stock_ever,
            live_places,
            products_in_state,
        )
        from inventory.selectors.packing import packers_in_words
        from products import usage
        from products.stock_figures import Source, provide

        provide(Source(figures_by_product, costs_now, free_by_place, products_in_state, live_places, packers_in_words))
        usage.provide(in_stock_ever)
