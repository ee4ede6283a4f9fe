"""Tricks with the host, against the very server that runs in production."""

import contextlib
import os
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from core.tenancy import in_schema

NOTHING_HERE = "По этому адресу магазина нет"


@pytest.fixture
def server(committed_shop):
    """gunicorn on the test's database; answers with `ask(lines)`, which sends these header lines as they are."""
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "myproject.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level", "error"],
        cwd=settings.BASE_DIR, env={**os.environ, "DATABASE_URL": url},
    )  # fmt: skip

    def ask(*lines):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
            wire.sendall(("\r\n".join([*lines, "Connection: close", "", ""])).encode("latin-1"))
            answer = b""
            while part := wire.recv(65536):
                answer += part
        return answer.decode("utf-8", "replace")

    try:
        for _wait in range(200):
            with contextlib.suppress(OSError):
                if " 200 " in ask("GET /healthz HTTP/1.1", "Host: x").splitlines()[0]:
                    break
            assert process.poll() is None, "gunicorn did not start"
            time.sleep(0.2)
        yield ask
    finally:
        process.terminate()
        process.wait(timeout=30)


def status(answer):
    return int(answer.split(" ", 2)[1])


@pytest.mark.slow
@pytest.mark.race
def test_no_trick_with_the_host_leads_into_another_shop(server):
    for schema in ("rose", "tulip"):
        with in_schema(schema):
            User.objects.create_user("anna", "anna@example.com", role="owner")
    names = {"rose": "Роза", "tulip": "Тюльпан"}

    plain = server("GET /login/ HTTP/1.1", "Host: rose.localhost")
    assert status(plain) == 200
    assert names["rose"] in plain
    assert names["tulip"] not in plain

    for host in ("rose.localhost:1234", "ROSE.LOCALHOST", "www.rose.localhost"):
        answer = server("GET /login/ HTTP/1.1", f"Host: {host}")
        assert (status(answer), names["rose"] in answer) == (200, True), host

    # Two hosts, or one that is none: nobody chooses between them.
    nowhere = [
        ("GET /login/ HTTP/1.1", "Host: rose.localhost", "Host: tulip.localhost"),
        ("GET /login/ HTTP/1.1", "Host: tulip.localhost, rose.localhost"),
        ("GET /login/ HTTP/1.1", "Host: tulip.localhost@rose.localhost"),
        ("GET /login/ HTTP/1.1", "Host: rose.localhost/tulip.localhost"),
        ("GET /login/ HTTP/1.1", "Host: [::1]"),
        ("GET /login/ HTTP/1.1", "Host: rose_.localhost"),
        ("GET /login/ HTTP/1.1", "Host: rose.localhost.evil.example"),
        ("GET /login/ HTTP/1.1", "Host: evil.example"),
        ("GET /login/ HTTP/1.1", "Host: \xf0\xee\xe7\xe0.localhost"),
        ("GET /login/ HTTP/1.1", "Host:"),
        ("GET /login/ HTTP/1.1", " Host: rose.localhost", "Host: tulip.localhost"),
    ]
    pages = set()
    for lines in nowhere:
        answer = server(*lines)
        assert status(answer) in {400, 404}, lines
        assert names["rose"] not in answer, lines
        assert names["tulip"] not in answer, lines
        if status(answer) == 404:
            assert NOTHING_HERE in answer, lines
            pages.add(answer.partition("\r\n\r\n")[2])
    assert len(pages) == 1, "one page for every host without a shop"

    # No host at all is the address of the server itself: the platform.
    answer = server("GET /login/ HTTP/1.1")
    assert not [name for name in names.values() if name in answer]

    # Whoever names another host anywhere else is at the one of the Host header all the same.
    for lines in (
        ("GET http://tulip.localhost/login/ HTTP/1.1", "Host: rose.localhost"),
        ("GET /login/ HTTP/1.1", "Host: rose.localhost", "X-Forwarded-Host: tulip.localhost"),
        ("GET /login/ HTTP/1.1", "Host: rose.localhost", "Forwarded: host=tulip.localhost"),
        ("GET /login/ HTTP/1.1", "Host: rose.localhost", "X-Host: tulip.localhost", "X-Original-Host: tulip.localhost"),
        ("GET /login/ HTTP/1.1", "Host: rose.localhost", "X_Forwarded_Host: tulip.localhost"),
    ):
        answer = server(*lines)
        assert names["tulip"] not in answer, lines
        assert status(answer) in {200, 400}, lines

    # Requests one after the other on one connection, as a proxy sends them: each goes to its own shop.
    for first, second in (("rose", "tulip"), ("tulip", "rose")):
        answer = server(
            "GET /login/ HTTP/1.1", f"Host: {first}.localhost", "Connection: keep-alive", "",
            "GET /login/ HTTP/1.1", f"Host: {second}.localhost",
        )  # fmt: skip
        before, _cut, after = answer.partition("HTTP/1.1 200 OK")[2].partition("HTTP/1.1 200 OK")
        assert names[first] in before
        assert names[second] not in before
        assert names[first] not in after
