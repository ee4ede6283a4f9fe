"""What accounts do every day."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessLog

LOG_INS_KEPT = timedelta(days=90)


def forget_log_ins(*, now: datetime) -> int:
    """Remove who logged in, or tried to, more than 90 days ago and from which address; answers with how many rows."""
    return sum(
        model.objects.filter(attempt_time__lt=now - LOG_INS_KEPT).delete()[0] for model in (AccessLog, AccessAttempt)
    )
