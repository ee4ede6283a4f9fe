"""Background jobs in the platform's admin: which wait, which failed for good, and let them begin anew."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from core.admin import platform_site
from core.jobs import try_again
from customers.models import BackgroundJob

TONES = {"READY": "info", "RUNNING": "warning", "FAILED": "danger", "SUCCESSFUL": "success"}
SAID = {
    "READY": gettext_lazy("waits"),
    "RUNNING": gettext_lazy("is being done"),
    "FAILED": gettext_lazy("failed"),
    "SUCCESSFUL": pgettext_lazy("operation", "done"),
}


@admin.register(BackgroundJob, site=platform_site)
class BackgroundJobAdmin(ModelAdmin):
    """Looked at, never written by hand."""

    list_display = ("name", "schema", "status_shown", "attempts", "asked_at", "next_try", "ended_at")
    list_filter = ("status",)
    search_fields = ("task_path", "args_kwargs")
    actions: ClassVar[list[str]] = ["begin_anew"]
    fields = ("path", "schema", "status_said", "attempts", "asked_at", "next_try", "ended_at", "told", "what_happened")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("job"), ordering="task_path")
    def name(self, job: BackgroundJob) -> str:
        """The function's name."""
        return job.task_name

    @display(description=gettext_lazy("job"))
    def path(self, job: BackgroundJob) -> str:
        """Where the function is."""
        return job.task_path

    @display(description=gettext_lazy("asked for"), ordering="enqueued_at")
    def asked_at(self, job: BackgroundJob) -> str:
        """When somebody asked for it."""
        return _moment(job.enqueued_at)

    @display(description=pgettext_lazy("operation", "ended"), ordering="finished_at")
    def ended_at(self, job: BackgroundJob) -> str:
        """When it was done or given up."""
        return _moment(job.finished_at)

    @display(description=gettext_lazy("what it was told"))
    def told(self, job: BackgroundJob) -> str:
        """Its arguments after the schema: keys, as a rule."""
        named = [f"{name}={value!r}" for name, value in job.args_kwargs["kwargs"].items()]
        return ", ".join([*(repr(value) for value in job.args_kwargs["args"][1:]), *named])

    @display(description=gettext_lazy("what happened"))
    def what_happened(self, job: BackgroundJob) -> str:
        """The last failure."""
        return format_html('<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', job.traceback)

    @display(description=gettext_lazy("schema"))
    def schema(self, job: BackgroundJob) -> str:
        """The shop, or public for the platform."""
        return job.schema_name

    @display(description=gettext_lazy("status"), label=TONES, ordering="status")
    def status_shown(self, job: BackgroundJob) -> tuple[str, str]:
        """The status as a coloured label."""
        return job.status, str(SAID[job.status])

    @display(description=gettext_lazy("status"))
    def status_said(self, job: BackgroundJob) -> str:
        """The status in words."""
        return str(SAID[job.status])

    @display(description=gettext_lazy("attempts"))
    def attempts(self, job: BackgroundJob) -> int:
        """How often a worker took it."""
        return len(job.worker_ids)

    @display(description=gettext_lazy("not before"), ordering="run_after")
    def next_try(self, job: BackgroundJob) -> str:
        """When it is tried next; empty when it is not to wait."""
        return _moment(job.run_after if job.status == "READY" and job.run_after.year < 9999 else None)

    @admin.action(description=gettext_lazy("Let the failed ones begin anew"))
    def begin_anew(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> None:
        """Only what failed for good; what waits is tried by itself."""
        messages.success(request, _("Begin anew: %s.") % try_again(queryset))


def _moment(value: datetime | None) -> str:
    return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT") if value else ""
