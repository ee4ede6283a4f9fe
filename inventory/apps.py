from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        from inventory import receivers, signals, undo  # noqa: F401 - connects the receivers, registers what can be undone
        from inventory.selectors import figures_by_product
        from products.stock_figures import provide

        provide(figures_by_product)
