#!/usr/bin/env python3
"""Everything from nothing: `python3 dev.py run` starts the program, `python3 dev.py test` runs its tests.

Needs Python 3.11 and nothing else: packages, database, tables and a demo shop are made on the first run. The check
below stands before everything that an old Python can't read; the machinery is in core/embedded/.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the sentence is for those who have an older one
    sys.exit(
        "This program needs Python 3.11 or newer; this is {0}.{1}. Install a newer one and run the command with it.\n"
        "Нужен Python 3.11 или новее, а это {0}.{1}. Установите более новый Python и запустите команду им.".format(
            *sys.version_info
        )
    )
if sys.platform == "win32":
    sys.exit(
        "dev.py runs on Linux and macOS. On Windows use it inside WSL (wsl --install).\n"
        "dev.py работает в Linux и macOS. В Windows используйте WSL (wsl --install)."
    )

import errno
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from core.embedded import postgres, processes, running
from core.embedded.database import one_at_a_time, prepare_database
from core.embedded.environment import Environment
from core.embedded.state import State, locate, read_json, write_json
from core.embedded.words import ASIDE, CLOCK, Stop, russian, say, start_clock, text, write

PROJECT = Path(__file__).resolve().parent
# Statements are counted; everything else as delivered, so that commits are durable.
BENCH_OPTIONS = ("shared_preload_libraries=pg_stat_statements",)
# As delivered, and said so: without options a cluster is taken for one that may lose everything.
DURABLE = ("fsync=on", "synchronous_commit=on")
USAGE = (
    """python3 dev.py <command>

  run [--port N] [--no-demo]   start the program: packages, database, tables, demo shop, web server and worker
  test [pytest arguments]      run the tests on a database of their own
  stop                         stop the running program
  reset [--yes]                delete all data of this installation
  manage <command> …           run a Django management command on the same database
  bench [name] [arguments]     run a measurement of benchmarks/ (completion by default) on a database of its own
  chaos [section] [options]    kill workers, crash a database of its own, put in defects: does the stock add up?

DATABASE_URL in the environment uses that PostgreSQL (15 or newer) instead of the embedded one.""",
    """python3 dev.py <команда>

  run [--port N] [--no-demo]   запустить программу: пакеты, база, таблицы, демо-магазин, веб-сервер и обработчик
  test [аргументы pytest]      запустить тесты на отдельной базе
  stop                         остановить запущенную программу
  reset [--yes]                удалить все данные этой установки
  manage <команда> …           выполнить команду Django на той же базе
  bench [имя] [аргументы]      запустить измерение из benchmarks/ (без имени completion) на отдельной базе
  chaos [часть] [параметры]    убивать процессы, ронять отдельную базу, вносить дефекты: сходится ли склад?

DATABASE_URL в окружении: вместо встроенной базы будет использован этот PostgreSQL (15 или новее).""",
)


# --- Packages, translations, database --------------------------------------------------------------------------------


def enter_environment(state: State, *, tests: bool = False) -> None:
    """Install what is missing and go on as the environment's own Python, in the same process."""
    environment = Environment(state)
    environment.prepare(["requirements.txt", "requirements-dev.txt"] if tests else ["requirements.txt"])
    if Path(sys.prefix).resolve() != environment.folder.resolve():
        sys.stdout.flush()
        os.execv(environment.python, [str(environment.python), str(PROJECT / "dev.py"), *sys.argv[1:]])  # noqa: S606


def compile_translations() -> None:
    """Make the .mo files that are older than their .po files."""
    from core.translations import compile_translations as compile_all

    made = compile_all(PROJECT)
    if made:
        say("translations", count=len(made))


@contextmanager
def database(state: State) -> Iterator[tuple[str, postgres.Cluster | None]]:
    """A database that answers: the one of DATABASE_URL, else our own, kept running during the block."""
    external = os.environ.get("DATABASE_URL")
    if external:
        say("db_external")
        prepare_database(external, create=False)
        yield external, None
        return
    cluster = postgres.own_cluster(state)
    with cluster.in_use() as port:
        prepare_database(cluster.url(port), create=True)
        yield cluster.url(port), cluster


def django(state: State, url: str, port: int | None = None) -> dict[str, str]:
    """The environment of Django's processes. What the person set themselves stays."""
    chosen = {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "myproject.settings",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or state.secret("secret_key"),
        "STATIC_FROM_SOURCES": os.environ.get("STATIC_FROM_SOURCES", "1"),
        "PYTHONUNBUFFERED": "1",
    }
    if port:
        chosen["PLATFORM_PORT"] = str(port)
    inherited = {name: value for name, value in os.environ.items() if name not in {ASIDE, CLOCK}}
    return {**inherited, **chosen}


def manage(environment: dict[str, str], *arguments: str) -> None:
    """Run a management command as a step of ours; its output is shown when it fails. Raises Stop then."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        for line in done.stdout.splitlines()[-40:]:
            write("    " + line)
        raise Stop("step_failed", command=arguments[0])


def migrate(state: State, environment: dict[str, str], *, remember: bool) -> None:
    """Bring all schemas up to date. With `remember` it is skipped as long as no migration changed since last time."""
    file = state.root / "migrated.json"
    fingerprint = migrations_fingerprint()
    if remember and read_json(file) == fingerprint:
        say("migrate_none")
        return
    say("migrate")
    with one_at_a_time(environment["DATABASE_URL"]):
        unhurried = {"DB_STATEMENT_TIMEOUT": "0", "DB_IDLE_TIMEOUT": "0", "DB_LOCK_TIMEOUT": "60s"}
        manage({**environment, **unhurried}, "migrate_schemas", "--verbosity", "0")
    if remember:
        write_json(file, fingerprint)


def migrations_fingerprint() -> str:
    """A sum over everything that decides what the tables look like."""
    digest = hashlib.sha256()
    files = [*PROJECT.glob("*/migrations/*.py"), *PROJECT.glob("*/engine/sql/*.sql")]
    for path in [*sorted(files), PROJECT / "requirements.txt", PROJECT / "myproject" / "settings.py"]:
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def make_demo(state: State, environment: dict[str, str], *, remember: bool) -> list[dict[str, str]]:
    """Make the first demo shop once and give all log-ins: objects with title, host, path, login and password."""
    file = state.root / "demo.json"
    known = read_json(file) if remember else None
    if known is None:
        say("demo")
        manage(environment, "make_demo", "--first")
        answer = subprocess.run(
            [sys.executable, "manage.py", "make_demo", "--print-logins"],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            write(answer.stderr.strip()[-2000:])
            raise Stop("step_failed", command="make_demo --print-logins")
        known = {"logins": json.loads(answer.stdout), "complete": False}
        if remember:
            write_json(file, known)
    return list(known["logins"])


def rest_of_demo(state: State, environment: dict[str, str], *, remember: bool) -> running.Chore | None:
    """What makes the rest of the demo while the program runs already: the second shop, the pictures. None when a run
    before has made all of it."""
    file = state.root / "demo.json"
    known = read_json(file) if remember else None
    if known and known["complete"]:
        return None

    def tell(line: str) -> None:
        with suppress(ValueError):
            facts = json.loads(line)
            say(f"demo_{facts.pop('step')}", **facts)

    def finished() -> None:
        if known:
            write_json(file, {**known, "complete": True})
        say("demo_done")

    log = state.log("demo")
    command = [sys.executable, "manage.py", "make_demo", "--progress"]
    return running.Chore(
        "demo", command, environment, log, PROJECT,
        tell=tell, finished=finished, failed=lambda code: say("demo_failed", file=log),
    )  # fmt: skip


# --- Commands --------------------------------------------------------------------------------------------------------


def run(state: State, port: int | None, *, demo: bool) -> int:
    """Start everything, print where it is, watch it until Ctrl-C or `stop`."""
    with running.only_one(state):
        enter_environment(state)
        compile_translations()
        with running.listen(port) as listener, database(state) as (url, cluster):
            port = listener.getsockname()[1]
            environment = django(state, url, port)
            ours = cluster is not None
            migrate(state, environment, remember=ours)
            logins = make_demo(state, environment, remember=ours) if demo else []
            if not demo:
                manage(environment, "ensure_platform")
            say("web_start")
            python = sys.executable
            gunicorn = [python, "-m", "gunicorn", "-c", "myproject/gunicorn.py", "-b", f"fd://{listener.fileno()}"]
            web = running.Child(
                "web", [*gunicorn, "myproject.wsgi"], environment, state.log("web"), PROJECT, (listener.fileno(),)
            )
            worker = running.Child(
                "worker", [python, "manage.py", "run_worker"], environment, state.log("worker"), PROJECT
            )
            keep_database = (lambda: cluster.revive(url)) if cluster else (lambda: None)
            supervisor = running.Supervisor(state, [web, worker], keep_database)
            try:
                supervisor.start()
                supervisor.wait_for_web(port)
                address = f"http://localhost:{port}/"
                supervisor.announce(address)
                greet(state, address, logins)
                chore = rest_of_demo(state, environment, remember=ours) if demo else None
                if chore:
                    say("demo_rest")
                    supervisor.start_chore(chore, address)
                supervisor.watch(address)
            except KeyboardInterrupt:
                write("")
            finally:
                with processes.uninterrupted():
                    say("stopping")
                    supervisor.stop()
        say("stopped")
    return 0


def greet(state: State, address: str, logins: list[dict[str, str]]) -> None:
    """Print what to open and who can log in."""
    say("ready")
    write("\n" + text("open"))
    if not logins:
        write(f"  {address}   {text('platform')}\n  {text('no_logins')}")
    for entry in logins:
        place = entry.get("url") or f"http://{entry['host']}:{address.rsplit(':', 1)[1][:-1]}{entry.get('path', '/')}"
        write(f"  {place}   {entry.get('title', '')}")
        if entry.get("login"):
            write(f"      {text('login')}: {entry['login']}   {text('password')}: {entry.get('password', '')}")
    write(f"\n{text('logs', folder=state.logs)}\n{text('how_to_stop')}\n")


def test(state: State, arguments: list[str]) -> int:
    """Run pytest on a throw-away cluster, or on the server of DATABASE_URL; gives pytest's exit code."""
    enter_environment(state, tests=True)
    compile_translations()
    external = os.environ.get("DATABASE_URL")
    with nullcontext(external) if external else postgres.throw_away(state) as url:
        prepare_database(url, create=not external)
        say("tests")
        environment = {**django(state, url), "SECRET_KEY": "for-tests-only", "TESTING": "1", "DEBUG": "0"}
        return foreground([sys.executable, "-m", "pytest", *arguments], environment)


def manage_command(state: State, arguments: list[str]) -> int:
    """Run a management command in the terminal, on the database of `run`; gives its exit code."""
    if not arguments:
        raise Stop("manage_what", code=2)
    os.environ[ASIDE] = "1"
    enter_environment(state)
    compile_translations()
    if "migrate" in arguments[0]:
        (state.root / "migrated.json").unlink(missing_ok=True)
    with database(state) as (url, __):
        address = running.note(state).get("address", "")
        port = int(address.rsplit(":", 1)[1].rstrip("/")) if address else None
        return foreground([sys.executable, "manage.py", *arguments], django(state, url, port))


def bench(state: State, arguments: list[str]) -> int:
    """Run a script of benchmarks/ on a fresh cluster with durable commits, or on DATABASE_URL; gives its exit code.

    The first argument names the script, such as `replay_baskets FILE`; without a name it is `completion`.
    """
    name = arguments.pop(0) if arguments and arguments[0].isidentifier() else "completion"
    script = PROJECT / "benchmarks" / f"{name}.py"
    if not script.exists():
        raise Stop("no_script", file=script.relative_to(PROJECT))
    enter_environment(state)
    compile_translations()
    external = os.environ.get("DATABASE_URL")
    with nullcontext(external) if external else postgres.throw_away(state, options=BENCH_OPTIONS) as url:
        prepare_database(url, create=not external)
        environment = django(state, url)
        migrate(state, environment, remember=False)
        return foreground([sys.executable, "-m", f"benchmarks.{name}", *arguments], environment)


def chaos(state: State, arguments: list[str]) -> int:
    """Run tests/chaos on a fresh cluster with durable commits, which it may crash and start again; gives its exit code.

    DATABASE_URL is for parts that leave the server alone: somebody else's is never crashed.
    """
    enter_environment(state, tests=True)
    compile_translations()
    command = [sys.executable, "-m", "tests.chaos", *arguments]
    external = os.environ.get("DATABASE_URL")
    if external:
        prepare_database(external, create=False)
        environment = django(state, external)
        migrate(state, environment, remember=False)
        return foreground(command, environment)
    with postgres.throw_away_cluster(state, DURABLE) as cluster:
        url = cluster.url(cluster.ensure_running())
        prepare_database(url, create=True)
        environment = {**django(state, url), "CHAOS_CLUSTER": str(cluster.folder)}
        migrate(state, environment, remember=False)
        return foreground(command, environment)


def foreground(command: list[str], environment: dict[str, str]) -> int:
    """Give the terminal to a program and wait for it: Ctrl-C is its business meanwhile. Gives its exit code."""
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as process:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            code = process.wait()
        except KeyboardInterrupt:  # SIGTERM or a closed terminal: see processes.interrupt_on_signals
            process.terminate()
            code = process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def stop(state: State) -> int:
    """Stop the running program, whoever started it."""
    if running.stop_other(state):
        say("stopped")
    else:
        say("not_running")
    return 0


def reset(state: State, *, sure: bool) -> int:
    """Delete the embedded database, the uploads and the secrets, after a question."""
    if os.environ.get("DATABASE_URL"):
        raise Stop("reset_external")
    uploads = [] if os.environ.get("MEDIA_ROOT") else [p for p in (PROJECT / "media").iterdir() if p.name != ".gitkeep"]
    if not sure:
        if not sys.stdin.isatty():
            raise Stop("reset_no_terminal")
        answer = input(text("reset_question", folders=", ".join(map(str, [state.root, *uploads]))))
        if answer.strip().lower() not in {"yes", "y", "да", "д"}:
            write(text("reset_kept"))
            return 1
    users = state.lock_file("users")
    try:
        if running.is_running(state):
            raise Stop("reset_running")
        with state.lock("start"):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Stop("reset_running") from None
            running.end_leftovers(state)
            postgres.stop_any(state)
            for path in [*state.root.iterdir(), *uploads]:
                if path.suffix == ".lock" or path.name == "binaries" or path.name.startswith("test-"):
                    continue  # a test run may be using its own right now; the next one sweeps what is left
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    finally:
        os.close(users)
    write(text("reset_done"))
    return 0


def command(arguments: list[str]) -> int:
    """Do what the command line says; gives the exit code."""
    usage = USAGE[1 if russian() else 0]
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name in {"help", "-h", "--help"}:
        write(usage)
        return 0
    free = {"test": test, "manage": manage_command, "bench": bench, "chaos": chaos}
    if name in free:
        return free[name](locate(PROJECT), rest)
    port: int | None = None
    flags = {"run": {"--no-demo"}, "reset": {"--yes"}, "stop": set()}.get(name)
    given = set()
    while flags is not None and rest:
        option = rest.pop(0)
        if name == "run" and option.partition("=")[0] == "--port":
            value = option.partition("=")[2] or (rest.pop(0) if rest else "")
            if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
                flags = None
            else:
                port = int(value)
        elif option in flags:
            given.add(option)
        else:
            flags = None
    if flags is None:
        write(usage)
        return 2
    state = locate(PROJECT)
    if name == "run":
        return run(state, port, demo="--no-demo" not in given)
    return stop(state) if name == "stop" else reset(state, sure="--yes" in given)


def main() -> int:
    """Run a command; every expected failure is one plain sentence and exit code 1."""
    start_clock()
    processes.interrupt_on_signals()
    try:
        return command(sys.argv[1:])
    except Stop as refusal:
        write(str(refusal))
        return refusal.code
    except KeyboardInterrupt:
        write("\n" + text("stopped"))
        return 130
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            write(text("not_writable", path=error.filename or PROJECT, why=error.strerror))
        elif error.errno in {errno.ENOSPC, errno.EDQUOT}:
            write(text("no_space", why=error.filename or error.strerror))
        else:
            raise
        return 1


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main())
