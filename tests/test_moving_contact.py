"""The trial: what `move_model orders.Contact contacts` writes in a copy of this project. The project itself is not moved."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from django.db import connection

from tests.moving.driver import ROOT, address_of

PARTS = ("core", "customers", "accounts", "products", "inventory", "orders", "reports", "myproject")


def copy_of_project(folder):
    """Everything but tests and files for browsers, with an empty app `contacts`."""
    for part in PARTS:
        leave = shutil.ignore_patterns("__pycache__", "tests", "static")
        shutil.copytree(ROOT / part, folder / part, ignore=leave)
    shutil.copy(ROOT / "manage.py", folder)
    home = folder / "contacts"
    (home / "migrations").mkdir(parents=True)
    for file in ("__init__.py", "models.py", "migrations/__init__.py"):
        (home / file).touch()
    file = folder / "myproject" / "settings.py"
    text = file.read_text()
    assert '"core", "products"' in text
    file.write_text(text.replace('"core", "products"', '"core", "contacts", "products"', 1))


def move_class(folder, way):
    """What people do by hand."""
    text = (folder / "orders" / "models" / "contact.py").read_text()
    text = text.replace('phone."""', 'phone."""').replace(
        "    name = models.CharField", '    moved_from = "orders"\n\n    name = models.CharField', 1
    )
    if way == "keep":
        text = text.replace(
            "class Meta(SoftDelete.Meta):\n", 'class Meta(SoftDelete.Meta):\n        db_table = "orders_contact"\n'
        )
    (folder / "contacts" / "models.py").write_text(text)
    (folder / "orders" / "models" / "contact.py").write_text("from contacts.models import Contact\n")


@pytest.mark.parametrize(
    ("way", "files", "kinds"),
    [
        (
            "keep",
            [
                "contacts/migrations/0001_contact_from_orders.py",
                "orders/migrations/{first:04d}_contact_is_in_contacts.py",
            ],
            {"orders_contact": "r"},
        ),
        (
            "rename",
            [
                "contacts/migrations/0001_contact_from_orders.py",
                "orders/migrations/{first:04d}_contact_is_in_contacts.py",
                "contacts/migrations/0002_contact_table.py",
            ],
            {"orders_contact": "v", "contacts_contact": "r"},
        ),
        (
            "copy",
            [
                "contacts/migrations/0001_contact_beside_orders.py",
                "contacts/migrations/0002_contact_content_type.py",
                "contacts/migrations/0003_contact_in_step.py",
                "contacts/migrations/0004_contact_rows.py",
                "orders/migrations/{first:04d}_contact_of_contacts.py",
                "orders/migrations/{second:04d}_contact_is_in_contacts.py",
            ],
            {"orders_contact": "r", "contacts_contact": "r"},
        ),
    ],
)
def test_contacts_could_move_out_of_orders(django_db_setup, tmp_path, way, files, kinds):
    copy_of_project(tmp_path)
    last = max(path.stem for path in (ROOT / "orders" / "migrations").glob("0*.py"))
    number = int(last[:4])
    files = [file.format(first=number + 1, second=number + 2) for file in files]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "myproject.settings",
        "DATABASE_URL": address_of(connection.settings_dict["NAME"]),
        "SECRET_KEY": "moving",
        "TESTING": "1",
    }

    def python(*arguments):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = python("manage.py", "move_model", "orders.Contact", "contacts", f"--way={way}")
    assert [line for line in said.splitlines() if line.endswith(".py")] == [str(tmp_path / file) for file in files]
    # The command speaks Russian, the file does not.
    assert 'verbose_name="contact"' in (tmp_path / files[0]).read_text().replace("'", '"').replace('": "', '="')
    move_class(tmp_path, way)
    seen = json.loads(python("-m", "tests.moving.trial", last).splitlines()[-1])
    assert seen["code"] == 0, seen["checks"]
    assert seen["tables"] == [kinds, {"orders_contact": "r"}, kinds]
    assert seen["names"] == [["Ann"], ["Ann"]]
