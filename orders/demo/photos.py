"""Drawn pictures hung on a demo shop's goods through the photo service, one at a time."""

import io
from collections.abc import Iterator

from django.core.files.storage import default_storage
from PIL import Image

from core.photos import Picture, read_picture
from core.transactions import run
from orders.demo.shop import Bouquet, DemoShop, Good
from products.models import Product, ProductKit, ProductKitPhoto, ProductPhoto
from products.pictures import draw_bouquet, draw_good
from products.services.photos import add_photos, describe_photo


def hang_pictures(shop: DemoShop) -> Iterator[tuple[int, int]]:
    """Give every product and bouquet of the current shop that the demo knows its picture, unless it has one.

    Yields after each how many of how many are done, bouquets first. Broken off, it goes on where it was when called
    again.
    """
    kits = {kit.name: kit for kit in ProductKit.objects.all()}
    goods = {product.name: product for product in Product.objects.all()}
    looks = {good.name: good.look for good in shop.goods}
    # Goods that look alike stand together, so that one picture is drawn once.
    wanted: list[tuple[Bouquet | Good, ProductKit | Product]] = [
        (item, kits[item.name]) for item in shop.bouquets if item.name in kits
    ]
    wanted += [(item, goods[item.name]) for item in sorted(shop.goods, key=_look) if item.name in goods]
    last: tuple[str, Picture] | None = None
    for done, (item, owner) in enumerate(wanted, start=1):
        if not _has_picture(owner):
            if isinstance(item, Bouquet):
                parts = [(looks[name], float(quantity)) for name, quantity in item.parts]
                picture = _read(draw_bouquet(item.look, parts), item.look)
            elif last and last[0] == item.look:
                picture = last[1]
            else:
                picture = _read(draw_good(item.look), item.look)
                last = (item.look, picture)
            [photo] = run(lambda owner=owner, picture=picture: add_photos(owner, [picture]))  # type: ignore[misc]
            describe_photo(photo, alt=owner.name)
        yield done, len(wanted)


def _look(good: Good) -> str:
    return good.look


def _read(image: Image.Image, look: str) -> Picture:
    """As if it had been uploaded."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    size = file.tell()
    file.seek(0)
    return read_picture(file, name=f"{look}.jpg", size=size)


def _has_picture(owner: ProductKit | Product) -> bool:
    """Whether it has a photo, one that was taken away included. A row whose files were never written goes."""
    rows = (
        ProductPhoto.all_objects.filter(product=owner)
        if isinstance(owner, Product)
        else ProductKitPhoto.all_objects.filter(kit=owner)
    )
    found = False
    for photo in rows:
        if default_storage.exists(photo.path("thumb")):
            found = True
        else:
            photo.hard_delete()
    return found
