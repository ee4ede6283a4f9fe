"""Background jobs in the platform's admin: which wait, which failed for good, and let them begin anew."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from core.admin import platform_site
from core.jobs import try_again
from customers.models import BackgroundJob

TONES = {"READY": "info", "RUNNING": "warning", "FAILED": "danger", "SUCCESSFUL": "success"}


@admin.register(BackgroundJob, site=platform_site)
class BackgroundJobAdmin(ModelAdmin):
    """Looked at, never written by hand."""

    list_display = ("task_name", "schema", "status_shown", "attempts", "enqueued_at", "next_try", "finished_at")
    list_filter = ("status",)
    search_fields = ("task_path", "args_kwargs")
    actions: ClassVar[list[str]] = ["begin_anew"]
    fields = (
        "task_path", "schema", "status_shown", "attempts", "enqueued_at", "started_at", "next_try", "finished_at",
        "args_kwargs", "traceback",
    )  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("schema"))
    def schema(self, job: BackgroundJob) -> str:
        """The shop, or public for the platform."""
        return job.schema_name

    @display(description=gettext_lazy("status"), label=TONES, ordering="status")
    def status_shown(self, job: BackgroundJob) -> tuple[str, str]:
        """The status as a coloured label."""
        said = {
            "READY": _("waits"),
            "RUNNING": _("is being done"),
            "FAILED": _("failed"),
            "SUCCESSFUL": _("done"),
        }
        return job.status, said[job.status]

    @display(description=gettext_lazy("attempts"))
    def attempts(self, job: BackgroundJob) -> int:
        """How often a worker took it."""
        return len(job.worker_ids)

    @display(description=gettext_lazy("not before"), ordering="run_after")
    def next_try(self, job: BackgroundJob) -> Any:
        """When it is tried next; empty when it is not to wait."""
        return job.run_after if job.status == "READY" and job.run_after.year < 9999 else None

    @admin.action(description=gettext_lazy("Let the failed ones begin anew"))
    def begin_anew(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> None:
        """Only what failed for good; what waits is tried by itself."""
        messages.success(request, _("Begin anew: %s.") % try_again(queryset))
