"""The drawings of products and bouquets."""

import pytest

from products.pictures import draw_bouquet, draw_good
from products.pictures.goods import GREENS, HEADS, THINGS
from products.pictures.heads import BARE, HEAD_SIZE
from products.pictures.sheet import PALETTE, SIDE
from products.starter import MIXED, entries

# What the pot plants are named after instead of a colour.
PLANTS = {"monstera", "fern", "snake", "ivy"}


@pytest.mark.slow
def test_every_form_can_be_drawn_and_the_same_look_gives_the_same_picture():
    looks = [f"{form} coral" for form in [*HEADS, *GREENS, *THINGS] if form != "potplant"]
    looks += [f"potplant {plant}" for plant in sorted(PLANTS)]
    drawn = {look: draw_good(look, side=64) for look in looks}
    for bouquet in ("wrapped kraft", "tied white", "box blush"):
        drawn[bouquet] = draw_bouquet(bouquet, [("rose red", 9), ("tulip white", 5), ("branch green", 3)], side=64)
    assert {image.size for image in drawn.values()} == {(64, 64)}
    assert len({image.tobytes() for image in drawn.values()}) == len(drawn), "no two look alike"
    for look in ("rose coral", "spire coral", "toy coral"):
        assert draw_good(look, side=64).tobytes() == drawn[look].tobytes()


def test_a_picture_is_as_large_as_asked_and_shows_the_same():
    large, small = draw_good("tulip red"), draw_good("tulip red", side=100)
    assert (large.size, small.size) == ((SIDE, SIDE), (100, 100))
    middle = [image.resize((20, 20)).getpixel((10, 7)) for image in (large, small)]
    assert max(abs(a - b) for a, b in zip(*middle, strict=True)) < 20, middle


def test_a_look_nobody_can_draw_is_no_picture():
    with pytest.raises(KeyError):
        draw_good("unicorn red")


def test_what_is_said_about_heads_is_said_about_heads_there_are():
    assert set(HEAD_SIZE) | BARE <= set(HEADS)


def test_every_entry_of_the_list_has_a_look_that_can_be_drawn(shop):
    seen = []
    for entry in entries("en"):
        form, *tones = entry.look.split()
        if form == "bouquet":
            wrapped, *tones = tones
            assert wrapped in {"wrapped", "tied", "box"}, entry
        else:
            assert form in {*HEADS, *GREENS, *THINGS}, entry
        assert tones, entry
        assert set(tones) <= set(PALETTE), entry
        seen.append(entry.look)
    assert len(set(seen)) == len(seen), "each has a picture of its own"
    assert {look.split()[0] for look, _count in MIXED} <= {*HEADS, *GREENS}
