"""A shop's uploaded files, for its own people only. The folder is the schema's, whatever the address says."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from core.shop_files import FilesUnreachable
from core.tenancy import current_schema_name

# Anything else is offered for saving: a page or a drawing with a script must not run under the shop's own name.
SHOWN = (".jpg", ".jpeg", ".png", ".webp")


def media_path() -> str:
    """The route below the root, made from the settings: `media/tenants/<shop>/<name>`."""
    prefix = settings.MEDIA_URL.lstrip("/") + settings.MULTITENANT_RELATIVE_MEDIA_ROOT
    return prefix.replace("%s", "<str:schema>") + "/<path:name>"


@require_safe
@login_required
def media_file(request: HttpRequest, schema: str, name: str) -> FileResponse:
    """One file of the current shop. Another shop's address, a way out of its place, a missing file: all 404."""
    if schema != current_schema_name():
        raise Http404
    try:
        opened = default_storage.open(name)
    except FilesUnreachable:
        raise  # the file may well be there
    except (OSError, ValueError, SuspiciousFileOperation) as error:
        raise Http404 from error
    response = FileResponse(opened, as_attachment=not name.lower().endswith(SHOWN))
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response
