"""Work in a process of its own that is killed at a chosen place, or that meets a full disk: what a try/except never sees."""

import os
import signal
import subprocess
import sys

from django.conf import settings
from django.db import connection

_BEFORE = """
import itertools, os, pkgutil, signal
import django
django.setup()
from pathlib import Path
from django.utils import timezone
from customers.services import backups, cleanup, lifecycle, migrating, operations, provisioning, registration
from core.tenancy import in_public
"""
_DEADLY = """
holder, _, name = {at!r}.rpartition(".")
holder = pkgutil.resolve_name(holder)
plain = getattr(holder, name)
calls = itertools.count(1)
def deadly(*args, **kwargs):
    is_it = next(calls) == {call}
    if is_it and {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    done = plain(*args, **kwargs)
    if is_it:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(holder, name, deadly)
"""


def killed(work: str, *, before: str = "", after: str = "", call: int = 1) -> None:
    """Run `work` in a process that dies by SIGKILL right before or right after it calls this function, for the first time
    or the `call`-th."""
    deadly = _DEADLY.format(at=before or after, before=bool(before), call=call)
    done = in_process(deadly + work)
    assert done.returncode == -signal.SIGKILL, done.stderr


def in_process(work: str) -> subprocess.CompletedProcess[str]:
    """Run `work` in a process of its own, on the database of this test."""
    parts = connection.settings_dict
    url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"
    return subprocess.run(
        [sys.executable, "-c", f"{_BEFORE}{work}"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "myproject.settings",
            "MEDIA_ROOT": str(settings.MEDIA_ROOT), "SECRET_KEY": settings.SECRET_KEY,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
