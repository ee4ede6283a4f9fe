"""Where one copy of the project keeps what it makes: secrets, the database, logs, locks."""

import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.embedded.words import Stop

SYSTEM_PLACES = (Path("/var/lib/florist-erp"), Path("/var/tmp/florist-erp"))  # noqa: S108 - owner and mode are checked


@dataclass(frozen=True)
class State:
    """The state folder of the project in `project`."""

    project: Path
    root: Path

    @property
    def logs(self) -> Path:
        """The folder of the log files."""
        return self.root / "log"

    def log(self, name: str) -> Path:
        """The log file `name`.log; one that grew over 10 MB is put aside as .1 first."""
        self.logs.mkdir(mode=0o700, exist_ok=True)
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > 10 * 1024 * 1024:
            path.replace(path.with_suffix(".log.1"))
        return path

    def secret(self, name: str) -> str:
        """A random secret of this installation, made once."""
        path = self.root / "secrets.json"
        with self.lock("secrets"):
            known: dict[str, str] = read_json(path) or {}
            if name not in known:
                known[name] = secrets.token_urlsafe(48)
                write_json(path, known)
        return known[name]

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock `name` alone; waits for whoever has it. It ends with the process, however that ends."""
        handle = self.lock_file(name)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def lock_file(self, name: str) -> int:
        """An open descriptor on the lock `name`; children don't inherit it."""
        return os.open(self.root / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def locate(project: Path, places: tuple[Path, ...] = SYSTEM_PLACES) -> State:
    """The state folder, made if missing: `.state` in the project, as root a system folder.

    Root's database runs under another account, which can't pass a closed parent such as /root. The system folder is
    named by a hash of the project's path, so two copies don't meet. Raises Stop when somebody else owns the folder.
    """
    if not am_root():
        root = project / ".state"
        root.mkdir(mode=0o700, exist_ok=True)
        return State(project, root)
    base = next((place for place in places if _usable_parent(place.parent)), places[-1])
    base.mkdir(mode=0o755, exist_ok=True)
    _check_owner(base)
    root = base / hashlib.sha256(str(project).encode()).hexdigest()[:12]
    root.mkdir(mode=0o755, exist_ok=True)
    _check_owner(root)
    return State(project, root)


def am_root() -> bool:
    """Whether this account is the one a database server refuses to run as."""
    return os.geteuid() == 0


def _usable_parent(folder: Path) -> bool:
    """Whether root may write here and every account may pass through."""
    return (
        folder.is_dir()
        and os.access(folder, os.W_OK)
        and all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))
    )


def _check_owner(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise Stop("foreign_state", folder=folder)


def read_json(path: Path) -> Any:
    """The content of a JSON file; None when it is missing or was cut off while written."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file as a whole, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    fresh.replace(path)
