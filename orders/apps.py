from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from inventory.askers import provide
        from orders import (
            receivers,  # noqa: F401 - listens to the inventory
            search,  # noqa: F401 - registers what the search finds
            trash,  # noqa: F401 - registers what lies in the trash
            undo,  # noqa: F401 - registers what can be undone
        )
        from orders.selectors.lists import products_on_orders
        from orders.selectors.margins import askers_of
        from products import usage

        provide(askers_of)
        usage.provide(products_on_orders)
