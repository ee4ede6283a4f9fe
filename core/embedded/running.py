"""The processes of one running installation: started together, watched, stopped in order."""

import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.embedded.processes import alive, command_line, last_lines
from core.embedded.state import State, read_json, write_json
from core.embedded.words import Stop, say

FIRST_PORT, LAST_PORT = 8000, 8099
STOP_SECONDS = 20
# A process that failed this often within a minute will not recover by itself.
HOPELESS = 5


# --- The one run of a project ----------------------------------------------------------------------------------------


def note(state: State) -> dict[str, Any]:
    """What the running `run` wrote about itself: pid, address, children. Empty when there is nothing."""
    return read_json(state.root / "run.json") or {}


@contextmanager
def only_one(state: State) -> Iterator[None]:
    """Be the only `run` on this data. Raises Stop with the address of the other one.

    The lock ends with its process, so a killed run never stands in the way.
    """
    handle = state.lock_file("run")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        other = note(state)
        if not alive(other.get("pid", -1)) or not other.get("address"):
            raise Stop("starting") from None
        raise Stop("running", address=other["address"], pid=other["pid"]) from None
    try:
        end_leftovers(state)
        write_json(state.root / "run.json", {"pid": os.getpid()})
        yield
    finally:
        (state.root / "run.json").unlink(missing_ok=True)
        os.close(handle)


def is_running(state: State) -> bool:
    """Whether a `run` holds this data right now."""
    handle = state.lock_file("run")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def stop_other(state: State, seconds: float = 90) -> bool:
    """Ask the running `run` to stop and wait for it; False when there is none. Raises Stop when it takes too long."""
    if not is_running(state):
        end_leftovers(state)
        return False
    pid = note(state).get("pid")
    if pid:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while is_running(state):
        if time.monotonic() > deadline:
            raise Stop("stop_slow", pid=pid, seconds=int(seconds))
        time.sleep(0.1)
    return True


def end_leftovers(state: State) -> None:
    """End web server and worker of a run that was killed before it could do so. Only ours: number and command fit."""
    children = note(state).get("children", [])
    left = [one for one in children if alive(one["pid"]) and command_line(one["pid"]) == one["command"]]
    if not left:
        return
    say("leftovers", count=len(left))
    for one in left:
        with suppress(ProcessLookupError):
            os.killpg(one["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while any(alive(one["pid"]) for one in left) and time.monotonic() < deadline:
        time.sleep(0.1)


# --- The port --------------------------------------------------------------------------------------------------------


def listen(port: int | None) -> socket.socket:
    """A listening socket on 127.0.0.1: on `port`, else on the first free one from 8000. Raises Stop without one.

    The socket is handed to the web server, so nobody can take the port between the look and the start.
    """
    for candidate in [port] if port else range(FIRST_PORT, LAST_PORT + 1):
        found = _bind(candidate)
        if found:
            return found
    if port:
        raise Stop("port_taken", port=port, next=port + 1)
    raise Stop("no_port", first=FIRST_PORT, last=LAST_PORT)


def _bind(port: int) -> socket.socket | None:
    with suppress(OSError), socket.socket(socket.AF_INET6) as other:
        other.settimeout(0.2)
        if other.connect_ex(("::1", port)) == 0:
            return None  # browsers try this address first and would meet the other program
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
        found.listen(1024)
    except OSError as error:
        found.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            return None
        raise
    return found


def answers(port: int, path: str = "/healthz") -> bool:
    """Whether the web server answers 200. Asked by number: a bare system resolves no *.localhost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# --- The processes ---------------------------------------------------------------------------------------------------


@dataclass
class Child:
    """One process that must run as long as the installation does."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    failures: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C in the terminal reaches dev.py alone."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.pass_fds,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Ask it to end, after `STOP_SECONDS` make it."""
        if not self.process or self.process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Chore(Child):
    """A process that does something once beside the others; each line it prints goes to `tell`, the rest to its log.

    `finished` is called after it ended well, `failed` with its exit code when it did not. Neither after `stop`.
    """

    tell: Callable[[str], None] = lambda line: None
    finished: Callable[[], None] = lambda: None
    failed: Callable[[int], None] = lambda code: None
    stopped: bool = False

    def start(self) -> None:
        """Start it like the others, but listen to it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        threading.Thread(target=self._follow, args=(self.process,), daemon=True).start()

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        with process.stdout as lines:
            for line in lines:
                if not self.stopped:
                    self.tell(line.decode("utf-8", "replace").rstrip())
        code = process.wait()
        if self.stopped:
            return
        if code == 0:
            self.finished()
        else:
            self.failed(code)

    def stop(self) -> None:
        """End it. What it has not done it does at the next start."""
        self.stopped = True
        super().stop()


class Supervisor:
    """Keeps children running until it is told to stop."""

    def __init__(self, state: State, children: Sequence[Child], ensure_database: Callable[[], None]) -> None:
        self.state = state
        self.children = children
        self.chore: Chore | None = None
        self.ensure_database = ensure_database

    def start(self) -> None:
        """Start all children."""
        for child in self.children:
            child.start()

    def wait_for_web(self, port: int, seconds: float = 60) -> None:
        """Wait until the web server answers. Raises Stop with its last words when it ends or stays silent."""
        web = self.children[0]
        deadline = time.monotonic() + seconds
        while not answers(port):
            ended = web.process is None or web.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise Stop("web_silent", log=last_lines(web.log), file=web.log)
            time.sleep(0.05)

    def announce(self, address: str) -> None:
        """Write down who runs where, for `stop`, for a second `run` and for the run after a kill."""
        children = [
            {"pid": child.process.pid, "command": command_line(child.process.pid)}
            for child in [*self.children, *([self.chore] if self.chore else [])]
            if child.process
        ]
        write_json(self.state.root / "run.json", {"pid": os.getpid(), "address": address, "children": children})

    def start_chore(self, chore: Chore, address: str) -> None:
        """Start something that is done once while the others work."""
        self.chore = chore
        chore.start()
        self.announce(address)

    def watch(self, address: str) -> None:
        """Start again what fails, the database included. Ends by KeyboardInterrupt, or Stop when nothing helps."""
        while True:
            time.sleep(0.5)
            self.ensure_database()
            for child in self.children:
                code = child.process.poll() if child.process else -1
                if code is None:
                    continue
                child.failures = [at for at in child.failures if at > time.monotonic() - 60] + [time.monotonic()]
                if len(child.failures) > HOPELESS:
                    raise Stop("child_hopeless", name=child.name, log=last_lines(child.log), file=child.log)
                say("child_died", name=child.name, code=code, file=child.log)
                time.sleep(min(2 ** (len(child.failures) - 1), 10))
                child.start()
                self.announce(address)

    def stop(self) -> None:
        """End the children, the web server first: no request starts work that the worker can't take."""
        for child in self.children:
            if child.process and child.process.poll() is None:
                with suppress(ProcessLookupError):
                    child.process.send_signal(signal.SIGTERM)
        if self.chore:
            self.chore.stop()
        for child in self.children:
            child.stop()
