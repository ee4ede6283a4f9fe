"""What of the stock lies in the trash: places and partners. Documents never do, they are reversed."""

from core.trash import Kind, register
from inventory.models import Supplier, Warehouse

register(Kind(Supplier, "stock.receive", searched=("name", "phone")))
register(Kind(Warehouse, "shop.set_up"))
