"""Pictures of what a flower shop sells, drawn: flat petals in layers, a soft shadow, a pale background.

They serve the demo shops and the catalogue to start from.
"""

from products.pictures.bouquets import draw_bouquet
from products.pictures.goods import draw_good

__all__ = ["draw_bouquet", "draw_good"]
