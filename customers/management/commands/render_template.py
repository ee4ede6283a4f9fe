"""Write down what an empty shop is made of, so that new shops are made in a fraction of a second."""

import time
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from customers.template import render, template_text


class Command(RefusingCommand):
    """`render_template` after every deployment; `migrate_tenants` calls it."""

    help = _("Renders the SQL that new shops are made from, unless there is one for the migrations of today.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help=_("Render it even if it is there."))

    def handle(self, *, again: bool, **options: Any) -> None:
        if template_text() is not None and not again:
            self.stdout.write(_("The template for the migrations of today is already there."))
            return
        began = time.monotonic()
        template = render()
        self.stdout.write(
            _("The template is rendered: %(size)s KB in %(seconds).1f s.")
            % {"size": len(template.text) // 1024, "seconds": time.monotonic() - began}
        )
