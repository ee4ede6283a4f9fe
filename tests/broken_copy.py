"""Run a test on a copy of the project with a defect put into it: a test that passes there proves nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

# Databases made for copies by this process: a defect in Python alone leaves the tables as they are.
_made: set[str] = set()
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
    defect_in_tables = any(file.endswith(".sql") or "/migrations/" in file for file in edits)
    database = _own_name(name) + ("_t" if defect_in_tables else "")
    kept = [] if defect_in_tables else ["--reuse-db"]
    made = [] if database in _made else ["--create-db"]
    _made.difference_update({database})  # not to be used again unless the run comes to its end
    environment = {**os.environ, "DATABASE_URL": f"{base}/{database}"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:xdist", "-q", *kept, *made, test],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if kept:
        _made.add(database)
    return done


def _own_name(name: str) -> str:
    """Another database name for the copy, so that both runs leave each other alone; workers differ already."""
    return f"broken_{connection.settings_dict['NAME']}_{name}"[-48:].lstrip("_")
