"""Other processes, ports and signals: what the operating system tells and how it interrupts."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType


def alive(pid: int) -> bool:
    """Whether the process runs. One that ended but was not collected by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return True


def command_line(pid: int) -> str | None:
    """The command of a process, None when it can't be seen."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip() or None
    with suppress(OSError):
        answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return answer.stdout.strip() or None
    return None


def serves(pid: int, data: Path) -> bool | None:
    """Whether the process is a PostgreSQL server on `data`; None when that can't be told."""
    if not alive(pid):
        return False
    command = command_line(pid)
    if command is None:
        return None
    if "postgres" not in command.split(" ")[0] and "postmaster" not in command.split(" ")[0]:
        return False
    with suppress(OSError):  # a server stands in its data folder
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
    return True if str(data) in command else None


def free_port(preferred: int = 0) -> int:
    """A port of 127.0.0.1 that is free now: the preferred one, else any."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise OSError("no free port")


def last_lines(path: Path, count: int = 15) -> str:
    """The end of a log file."""
    with suppress(OSError):
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-count:])
    return ""


def interrupt_on_signals() -> None:
    """Let SIGTERM and a closed terminal end the command the way Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish a block whatever signals arrive: a second Ctrl-C must not leave processes behind."""
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
