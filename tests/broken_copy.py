"""Run a test on a copy of the project with a defect put into it: a test that passes there proves nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "media", "staticfiles", "docs", "benchmarks")


def run_on_broken_copy(folder: Path, edits: dict[str, tuple[str, str]], test: str) -> subprocess.CompletedProcess[str]:
    """Copy the project into `folder`, replace text in files (file → (old, new), old must stand there exactly once)
    and run pytest on `test` there, on a database of its own."""
    copy = folder / "copy"
    shutil.copytree(settings.BASE_DIR, copy, ignore=LEFT_OUT)
    for name, (old, new) in edits.items():
        file = copy / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} has changed: the defect can't be put in"
        file.write_text(text.replace(old, new), encoding="utf-8")
    base, _slash, name = settings.DATABASE_URL.rpartition("/")
    environment = {**os.environ, "DATABASE_URL": f"{base}/{_own_name(name)}"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:xdist", "-q", "--create-db", test],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _own_name(name: str) -> str:
    """Another database name for the copy, so that both runs leave each other alone; workers differ already."""
    return f"broken_{connection.settings_dict['NAME']}_{name}"[-50:].lstrip("_")
