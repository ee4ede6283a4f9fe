"""One run per project, its port, its processes, and the commands around it."""

import os
import signal
import socket
import subprocess
import sys
import time
from io import StringIO

import pytest

import dev
from core.embedded import processes, running
from core.embedded.running import Child, Chore, Supervisor, end_leftovers, is_running, listen, only_one, stop_other
from core.embedded.state import State, read_json, write_json
from core.embedded.words import Stop, text


@pytest.fixture
def place(tmp_path):
    return State(tmp_path, tmp_path)


def sleeper(place, name="sleeper", program="import time; time.sleep(60)"):
    return Child(name, [sys.executable, "-c", program], dict(os.environ), place.log(name), place.root)


def in_both_languages(monkeypatch, key, **values):
    said = []
    for language in ("en_GB.UTF-8", "ru_RU.UTF-8"):
        monkeypatch.setenv("LC_ALL", language)
        said.append(text(key, **values))
    return said


def test_a_second_run_is_told_where_the_first_one_is(place, monkeypatch):
    with only_one(place):
        write_json(place.root / "run.json", {"pid": os.getpid(), "address": "http://localhost:8000/"})
        with pytest.raises(Stop) as refusal, only_one(place):
            pass
        assert refusal.value.key == "running"
        assert "http://localhost:8000/" in str(refusal.value)
        assert read_json(place.root / "run.json")["address"] == "http://localhost:8000/"
    assert not is_running(place)
    english, russian = in_both_languages(monkeypatch, "running", address="x", pid=1)
    assert "dev.py stop" in english
    assert "dev.py stop" in russian


def test_a_second_run_while_the_first_still_starts_is_told_to_wait(place):
    with only_one(place), pytest.raises(Stop) as refusal, only_one(place):
        pass
    assert refusal.value.key == "starting"


def test_the_note_of_a_killed_run_does_not_stand_in_the_way(place):
    write_json(place.root / "run.json", {"pid": 2**22 - 1, "address": "http://localhost:8000/"})
    with only_one(place):
        assert running.note(place) == {"pid": os.getpid()}


def test_processes_of_a_killed_run_are_ended_but_nobody_elses(place):
    ours, other = sleeper(place), sleeper(place)
    ours.start()
    other.start()
    time.sleep(0.2)
    note = {"pid": ours.process.pid, "command": processes.command_line(ours.process.pid)}
    write_json(
        place.root / "run.json",
        {"pid": 2**22 - 1, "children": [note, {"pid": other.process.pid, "command": "the number is somebody else's"}]},
    )
    try:
        end_leftovers(place)
        assert not processes.alive(ours.process.pid)
        assert processes.alive(other.process.pid)
    finally:
        ours.stop()
        other.stop()


def test_stopping_when_nothing_runs_is_no_mistake(place):
    assert stop_other(place) is False


def test_stop_ends_the_running_one(place):
    program = (
        "import sys, time; from pathlib import Path\n"
        "from core.embedded import processes, running; from core.embedded.state import State\n"
        "processes.interrupt_on_signals(); place = State(Path(sys.argv[1]), Path(sys.argv[1]))\n"
        "try:\n"
        "    with running.only_one(place):\n        print('up', flush=True)\n        time.sleep(60)\n"
        "except KeyboardInterrupt:\n    pass\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(place.root)], stdout=subprocess.PIPE, text=True, cwd=dev.PROJECT
    )
    try:
        assert process.stdout.readline() == "up\n"
        assert is_running(place)
        assert stop_other(place, seconds=20) is True
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_next_free_port_is_taken_when_the_first_is_not(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setattr(running, "FIRST_PORT", taken)
        monkeypatch.setattr(running, "LAST_PORT", taken + 20)
        with listen(None) as found:
            assert taken < found.getsockname()[1] <= taken + 20


def test_an_explicit_port_that_is_taken_is_refused(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Stop) as refusal:
            listen(other.getsockname()[1])
    assert refusal.value.key == "port_taken"
    english, russian = in_both_languages(monkeypatch, "port_taken", port=8000, next=8001)
    assert "--port 8001" in english
    assert "--port 8001" in russian


def test_no_free_port_at_all_is_told(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(running, "FIRST_PORT", other.getsockname()[1])
        monkeypatch.setattr(running, "LAST_PORT", other.getsockname()[1])
        with pytest.raises(Stop) as refusal:
            listen(None)
    assert refusal.value.key == "no_port"


def test_a_web_server_that_ends_at_once_is_shown_with_its_last_words(place):
    web = sleeper(place, "web", "raise SystemExit('no such module')")
    supervisor = Supervisor(place, [web], lambda: None)
    supervisor.start()
    with pytest.raises(Stop) as refusal:
        supervisor.wait_for_web(processes.free_port())
    assert refusal.value.key == "web_silent"
    assert "no such module" in str(refusal.value)


def test_a_process_that_keeps_failing_ends_the_watch_instead_of_spinning(place, monkeypatch):
    child = sleeper(place, "worker", "raise SystemExit('broken for good')")
    monkeypatch.setattr(running.time, "sleep", lambda seconds: child.process.wait())
    supervisor = Supervisor(place, [child], lambda: None)
    supervisor.start()
    with pytest.raises(Stop) as refusal:
        supervisor.watch("http://localhost:8000/")
    assert refusal.value.key == "child_hopeless"
    assert "broken for good" in str(refusal.value)


def test_a_child_that_ignores_the_request_to_stop_is_ended(place, monkeypatch):
    monkeypatch.setattr(running, "STOP_SECONDS", 0.3)
    child = sleeper(
        place,
        program="import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);"
        " time.sleep(60)",
    )
    child.start()
    while not child.log.read_text():
        time.sleep(0.02)
    child.stop()
    assert child.process.returncode == -signal.SIGKILL


# --- The commands of dev.py


@pytest.fixture
def project(tmp_path, monkeypatch):
    """dev.py with another project folder, as an ordinary user would have it."""
    (tmp_path / "media" / "tenants" / "rosa").mkdir(parents=True)
    (tmp_path / "media" / ".gitkeep").touch()
    place = State(tmp_path, tmp_path / ".state")
    place.root.mkdir()
    monkeypatch.setattr(dev, "PROJECT", tmp_path)
    monkeypatch.setattr(dev, "locate", lambda project: place)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("MEDIA_ROOT", raising=False)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return place


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["dev.py", *arguments])
    monkeypatch.setattr(dev.processes, "interrupt_on_signals", lambda: None)
    return dev.main()


def test_help_lists_every_command_in_both_languages(monkeypatch, capsys):
    for language in ("en_GB.UTF-8", "ru_RU.UTF-8"):
        monkeypatch.setenv("LC_ALL", language)
        assert call(monkeypatch, "help") == 0
        said = capsys.readouterr().out
        assert all(f"\n  {name} " in said for name in ("run", "test", "stop", "reset", "manage", "bench"))


@pytest.mark.parametrize(
    "arguments",
    [("fly",), ("run", "--port"), ("run", "--port", "many"), ("run", "--port=70000"), ("run", "--yes"), ("stop", "it")],
)
def test_a_command_line_that_cannot_be_meant_shows_the_usage(project, monkeypatch, capsys, arguments):
    assert call(monkeypatch, *arguments) == 2
    assert "python3 dev.py <command>" in capsys.readouterr().out


def test_reset_without_a_terminal_names_the_option_and_deletes_nothing(project, monkeypatch, capsys):
    (project.root / "demo.json").write_text("[]")
    monkeypatch.setattr(sys, "stdin", StringIO())
    assert call(monkeypatch, "reset") == 1
    assert "--yes" in capsys.readouterr().out
    assert (project.root / "demo.json").exists()
    assert (project.project / "media" / "tenants" / "rosa").exists()
    english, russian = in_both_languages(monkeypatch, "reset_no_terminal")
    assert "Nothing was deleted" in english
    assert "Ничего не удалено" in russian


def test_reset_deletes_data_and_uploads_but_keeps_the_folder_in_git(project, monkeypatch):
    (project.root / "demo.json").write_text("[]")
    (project.root / "data-18").mkdir()
    assert call(monkeypatch, "reset", "--yes") == 0
    assert {path.suffix for path in project.root.iterdir()} <= {".lock"}
    assert [path.name for path in (project.project / "media").iterdir()] == [".gitkeep"]


def test_reset_refuses_while_the_program_runs(project, monkeypatch, capsys):
    (project.root / "demo.json").write_text("[]")
    with only_one(project):
        assert call(monkeypatch, "reset", "--yes") == 1
    assert "Stop it first" in capsys.readouterr().out
    assert (project.root / "demo.json").exists()
    english, russian = in_both_languages(monkeypatch, "reset_running")
    assert "dev.py stop" in english
    assert "dev.py stop" in russian


def test_reset_never_deletes_a_database_it_did_not_make(project, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    (project.root / "demo.json").write_text("[]")
    assert call(monkeypatch, "reset", "--yes") == 1
    assert "DATABASE_URL" in capsys.readouterr().out
    assert (project.root / "demo.json").exists()
    __, russian = in_both_languages(monkeypatch, "reset_external")
    assert "Ничего не удалено" in russian


def test_a_folder_that_cannot_be_written_is_named(project, monkeypatch, capsys):
    def refuse(project):
        raise PermissionError(13, "Permission denied", "/some/project/.state")

    monkeypatch.setattr(dev, "locate", refuse)
    assert call(monkeypatch, "stop") == 1
    assert "/some/project/.state can't be written" in capsys.readouterr().out


def test_manage_without_a_command_asks_for_one(project, monkeypatch, capsys):
    assert call(monkeypatch, "manage") == 2
    assert "manage help" in capsys.readouterr().out


def test_migrations_are_looked_at_again_when_one_of_them_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(dev, "PROJECT", tmp_path)
    for name in ("requirements.txt", "myproject/settings.py", "orders/migrations/0001_initial.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    first = dev.migrations_fingerprint()
    assert dev.migrations_fingerprint() == first
    (tmp_path / "orders/migrations/0002_more.py").write_text("2")
    assert dev.migrations_fingerprint() != first


def test_what_the_person_set_stays_and_what_is_missing_is_added(place, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "mine")
    monkeypatch.setenv("STATIC_FROM_SOURCES", "0")
    chosen = dev.django(place, "postgres://a/b", 8123)
    assert (chosen["SECRET_KEY"], chosen["STATIC_FROM_SOURCES"]) == ("mine", "0")
    assert (chosen["DATABASE_URL"], chosen["PLATFORM_PORT"]) == ("postgres://a/b", "8123")
    monkeypatch.delenv("SECRET_KEY")
    assert dev.django(place, "postgres://a/b")["SECRET_KEY"] == place.secret("secret_key")


def test_the_log_ins_are_printed_with_the_port_of_this_run(place, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    entry = {"title": "Rosa", "host": "rosa.localhost", "path": "/login/", "login": "anna", "password": "rosa-demo"}
    dev.greet(place, "http://localhost:8042/", [entry])
    said = capsys.readouterr().out
    assert "http://rosa.localhost:8042/login/   Rosa" in said
    assert "log-in: anna   password: rosa-demo" in said


# --- The rest of the demo, made while the program runs


def chore(place, program, **ends):
    return Chore("demo", [sys.executable, "-c", program], dict(os.environ), place.log("demo"), place.root, **ends)


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_chore_tells_line_by_line_and_says_how_it_ended(place):
    told, ends = [], []
    ends_well = chore(
        place, "print('one', flush=True); print('two')", tell=told.append, finished=lambda: ends.append(0)
    )
    ends_well.start()
    until(lambda: ends)
    assert (told, ends) == (["one", "two"], [0])
    ends_badly = chore(place, "raise SystemExit('no disk')", failed=ends.append)
    ends_badly.start()
    until(lambda: len(ends) == 2)
    assert ends == [0, 1]
    assert "no disk" in place.log("demo").read_text()


def test_a_chore_that_is_stopped_says_nothing_more_and_leaves_no_process(place):
    ends = []
    started = chore(
        place,
        "import time; time.sleep(60)",
        finished=lambda: ends.append("finished"),
        failed=ends.append,
    )
    supervisor = Supervisor(place, [], lambda: None)
    supervisor.start_chore(started, "http://localhost:8000/")
    assert [one["pid"] for one in read_json(place.root / "run.json")["children"]] == [started.process.pid]
    supervisor.stop()
    assert not processes.alive(started.process.pid)
    assert ends == []


def test_the_rest_of_the_demo_is_made_until_it_was_made_once(project, monkeypatch):
    write_json(project.root / "demo.json", {"logins": [], "complete": False})
    (project.project / "manage.py").write_text(
        'print(\'{"step": "shop", "name": "Fern"}\'); print(\'{"step": "pictures", "name": "Fern", "done": 1, "every": 2}\')'
    )
    said = []
    monkeypatch.setattr(dev, "say", lambda key, /, **values: said.append(text(key, **values)))
    rest = dev.rest_of_demo(project, dict(os.environ), remember=True)
    rest.start()
    until(lambda: len(said) == 3)
    assert said == ["The shop “Fern” is ready", "“Fern”: 1 of 2 pictures", "The demo is complete"]
    assert dev.rest_of_demo(project, dict(os.environ), remember=True) is None


def test_a_rest_of_the_demo_that_failed_is_tried_again_and_the_reason_is_named(project, monkeypatch):
    write_json(project.root / "demo.json", {"logins": [], "complete": False})
    (project.project / "manage.py").write_text("raise SystemExit('no disk')")
    said = []
    monkeypatch.setattr(dev, "say", lambda key, /, **values: said.append(text(key, **values)))
    dev.rest_of_demo(project, dict(os.environ), remember=True).start()
    until(lambda: said)
    assert "demo.log" in said[0]
    assert "next start tries again" in said[0]
    assert dev.rest_of_demo(project, dict(os.environ), remember=True) is not None
    _english, russian = in_both_languages(monkeypatch, "demo_failed", file="demo.log")
    assert "попытка повторится" in russian
