"""QR codes and barcodes for paper and screens."""

from collections.abc import Sequence

import segno
from django.utils.safestring import SafeString, mark_safe

PATTERN = 2


def qr_svg(text: str) -> SafeString:
    """`text` as a black QR code that scales with its box: an inline SVG without styles, with its white border.

    Error correction is medium: a drop of water on a label costs some squares. Raises segno.DataOverflowError beyond
    about 2,300 bytes; addresses are far shorter.
    """
    # One mask for all: choosing the best of eight takes five times as long, and 100 labels are printed at once. Any mask
    # is valid; a choice pays off for long codes on bad paper only.
    code = segno.make_qr(text, error="m", mask=PATTERN)
    return mark_safe(code.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S308 - digits only


def bars_svg(bars: Sequence[tuple[int, int]], modules: int) -> SafeString:
    """A barcode of black bars, (first module, width) of `modules` modules, that scales with its box: an inline SVG without
    styles. Eleven white modules before and seven behind, as EAN-13 asks."""
    drawn = "".join(f"M{start + 11} 0h{width}v1h-{width}z" for start, width in bars)
    return mark_safe(  # noqa: S308 - digits only
        f'<svg class="barcode" viewBox="0 0 {modules + 18} 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{drawn}"/></svg>'
    )
