"""deploy/: every name in it is one that the program knows. Nothing is started here; docs/deploy.md says what was tried how."""

import ast
import os
import re
import shutil
import subprocess

import pytest
import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands

from core.middleware.certificates import CERTIFICATE_PATH
from myproject import env

ROOT = settings.BASE_DIR
DEPLOY = ROOT / "deploy"
OF_OTHERS = {
    "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "CERTIFICATE_EMAIL", "BACKUP_AT", "BACKUPS_KEPT",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
}  # fmt: skip


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def read_by_the_program():
    """Names of the environment that the settings and gunicorn's configuration read."""
    names = set()
    for file in ("myproject/settings.py", "myproject/gunicorn.py"):
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("env."):
                names.add(node.args[0].value)
    return names


def test_every_name_in_the_environment_is_one_that_is_read():
    known = read_by_the_program() | OF_OTHERS
    assert len(known) > 20
    for name, service in compose()["services"].items():
        assert set(service.get("environment", {})) - known == set(), name
    for name in ("BACKUP_AT", "BACKUPS_KEPT"):
        assert f"${{{name}:-" in (DEPLOY / "backup.sh").read_text(encoding="utf-8")


def test_what_the_compose_file_asks_for_stands_in_the_example_and_nothing_else():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    asked, required = set(re.findall(r"\$\{([A-Z_]+)", text)), set(re.findall(r"\$\{([A-Z_]+):\?", text))
    offered = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert asked == offered
    assert required == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))


def test_the_example_of_an_address_for_mail_is_read():
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    [url] = re.findall(r"^EMAIL_URL=(.*)$", example, re.MULTILINE)
    os.environ["EMAIL_URL"] = url
    try:
        assert env.mail("EMAIL_URL") == ("mail.flowers.example", 587, "user", "password", True, False)
    finally:
        del os.environ["EMAIL_URL"]


def test_the_example_of_an_object_store_is_read(monkeypatch):
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    [url] = re.findall(r"^#MEDIA_STORAGE=(.*)$", example, re.MULTILINE)
    monkeypatch.setenv("MEDIA_STORAGE", url)
    assert env.bucket("MEDIA_STORAGE") == {
        "bucket_name": "florist", "location": "shops", "region_name": "eu-central-1",
        "endpoint_url": "https://store.example",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", None),
        ("smtp://localhost", ("localhost", 25, "", "", False, False)),
        (
            "smtp://anna%40example.com:p%3A%2F@mail.example/?ssl=1",
            ("mail.example", 465, "anna@example.com", "p:/", False, True),
        ),
        ("smtp://mail.example:2525/?tls=1", ("mail.example", 2525, "", "", True, False)),
    ],
)
def test_an_address_for_mail_is_taken_apart(monkeypatch, value, read):
    monkeypatch.setenv("EMAIL_URL", value)
    assert env.mail("EMAIL_URL") == read


@pytest.mark.parametrize(
    "value",
    ["mail.example", "http://mail.example", "smtp://", "smtp://x:y", "smtp://x/?tsl=1", "smtp://x/?tls=1&ssl=1"],
)
def test_an_address_for_mail_that_is_none_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("EMAIL_URL", value)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must be like smtp://"):
        env.mail("EMAIL_URL")


def test_every_command_is_there():
    said = "".join((DEPLOY / file).read_text(encoding="utf-8") for file in ("compose.yaml", "Dockerfile", "backup.sh"))
    named = set(re.findall(r'manage\.py"?,? "?([a-z_]+)', said))
    assert {"migrate_tenants", "ensure_platform", "run_worker", "backup_tenant", "collectstatic"} <= named
    assert named - set(get_commands()) == set()


def test_services_mount_and_wait_for_what_is_there():
    file = compose()
    for name, service in file["services"].items():
        volumes = {volume.split(":")[0] for volume in service.get("volumes", ()) if not volume.startswith(".")}
        assert volumes <= set(file["volumes"]), name
        assert set(service.get("depends_on", ())) <= set(file["services"]), name
        for waited, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in file["services"][waited], name
    ports = {name: service["ports"] for name, service in file["services"].items() if "ports" in service}
    assert list(ports) == ["proxy"], "nothing but the proxy is to be reached from outside"


def test_files_that_are_copied_or_started_are_there():
    docker = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "requirements.txt" in docker
    assert (ROOT / "myproject/gunicorn.py").exists()
    assert (ROOT / compose()["services"]["web"]["build"]["dockerfile"]).exists()
    subprocess.run(["sh", "-n", str(DEPLOY / "backup.sh")], check=True)


def test_the_proxy_asks_where_the_program_answers_and_nobody_else_gets_there():
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert f"ask http://web:8000{CERTIFICATE_PATH}?key={{$CERTIFICATE_KEY}}" in text
    assert f"@question path {CERTIFICATE_PATH} " in text
    assert "respond @question 404" in text
    given = set(re.findall(r"\{\$([A-Z_]+)\}", text))
    assert given <= set(compose()["services"]["proxy"]["environment"])


@pytest.mark.skipif(not shutil.which("caddy"), reason="the proxy's program is not installed")
def test_the_proxys_own_program_finds_nothing_wrong():
    done = subprocess.run(
        ["caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"],
        env={**os.environ, "CERTIFICATE_KEY": "key", "CERTIFICATE_EMAIL": "you@flowers.example"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
