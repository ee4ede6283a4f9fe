"""Starts a process for each version of the code and leads them through a move."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import connection

HERE = Path(__file__).parent
ROOT = Path(settings.BASE_DIR)
SHOPS = ("rose", "tulip")
PLANTS = 100_000


def connect(name):
    """A connection past Django, to a database on the server where the tests run."""
    now = connection.settings_dict
    return psycopg2.connect(host=now["HOST"], port=now["PORT"], user=now["USER"], password=now["PASSWORD"], dbname=name)


def on_server(*statements):
    """Statements outside of any transaction."""
    link = connect("postgres")
    try:
        link.autocommit = True
        with link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        link.close()


def address_of(database):
    """The address of another database on the server where the tests run."""
    now = connection.settings_dict
    user = f"{now['USER']}:{now['PASSWORD']}@" if now["USER"] else ""
    return f"postgres://{user}{now['HOST']}:{now['PORT']}/{database}"


class Code:
    """A process with one version of the code. What is called on it is a step of the worker."""

    def __init__(self, folder, database):
        self.folder, self.database = folder, database
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.moving.worker"],
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def environment(self):
        return {
            **os.environ,
            "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "moving_settings",
            "DATABASE_URL": address_of(self.database),
            "SECRET_KEY": "moving",
            "TESTING": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def __getattr__(self, step):
        if step.startswith("_"):
            raise AttributeError(step)
        return lambda *arguments, **options: self._ask(step, arguments, options)

    def _ask(self, step, arguments, options):
        self.process.stdin.write(json.dumps({"step": step, "arguments": arguments, "options": options}) + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        assert said, f"the process of {self.folder} ended"
        answer = json.loads(said)
        if "error" in answer:
            raise AssertionError(f"{step}{arguments}: {answer['error']}")
        return answer["result"]

    def close(self):
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Stage:
    """A database with two shops, and the folders of the code of before and the new code."""

    def __init__(self, folder, database, template):
        self.folder, self.database = folder, database
        on_server(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database} TEMPLATE {template}")
        shutil.copytree(HERE / "before", folder / "before")
        self.old = Code(folder / "before", database)
        self.new = None

    def plan(self, way):
        """What move_model writes, as text by file; the new code gets the files, and its models the class."""
        before, after = self.folder / "before", self.folder / "after"
        shutil.copytree(before, after)
        planner = Code(after, self.database)
        known = set(after.rglob("*.py"))
        try:
            self.said = planner.command("move_model", "old_home.Plant", "new_home", way=way)
        finally:
            planner.close()
        assert self.said["code"] == 0, self.said
        shutil.copytree(HERE / "after", after, dirs_exist_ok=True)
        if way == "keep":
            models = after / "new_home" / "models.py"
            models.write_text(
                models.read_text().replace("class Meta:\n", 'class Meta:\n        db_table = "old_home_plant"\n')
            )
        self.new = Code(after, self.database)
        return {
            path.relative_to(after).as_posix(): path.read_text() for path in sorted(set(after.rglob("*.py")) - known)
        }

    def connection(self):
        """A connection of somebody else; use it with a block, which closes it."""
        return contextlib.closing(connect(self.database))

    def close(self):
        for code in (self.old, self.new):
            if code:
                code.close()
        on_server(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")


def make_base(database):
    """The database that every stage is copied from."""
    on_server(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database}")
    code = Code(HERE / "before", database)
    try:
        code.make_platform(PLANTS)
    finally:
        code.close()
