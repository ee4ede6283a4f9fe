"""QR codes for paper and screens."""

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
