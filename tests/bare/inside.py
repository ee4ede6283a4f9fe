"""What tests/bare/run.sh does inside the bare system: run until the page answers, stop, run again, test."""

import http.client
import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

START_SECONDS = 600


def show(line: str) -> None:
    """A line for the person, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def status(port: int, path: str) -> int:
    """What the page answers, 0 while nobody does."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    return 0


def bring_up(title: str) -> None:
    """Start `dev.py run`, wait for its address and for 200 on /readyz, stop it with `dev.py stop`."""
    log = Path("/tmp/run.log")  # noqa: S108 - a system of our own
    began = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "dev.py", "run"], stdout=file, stderr=file, stdin=subprocess.DEVNULL
        )
    port = 0
    while status(port, "/readyz") != 200 if port else True:
        found = re.search(r"http://[a-z.-]*localhost:(\d+)/", log.read_text("utf-8", "replace"))
        port = int(found[1]) if found else 0
        if process.poll() is not None or time.monotonic() - began > START_SECONDS:
            sys.exit(log.read_text("utf-8", "replace") + f"\n{title}: it did not come up")
        time.sleep(0.1)
    took = time.monotonic() - began
    answer = status(port, "/")
    show(f"{title}: up in {took:.1f} s, the first page answers {answer}")
    if answer != 200:
        sys.exit(f"{title}: the first page should answer 200")
    if title == "first run":
        show(log.read_text("utf-8", "replace"))
    subprocess.run([sys.executable, "dev.py", "stop"], check=True, stdout=subprocess.DEVNULL)
    if process.wait(60) != 0:
        sys.exit(f"{title}: ended with code {process.returncode}")


def main() -> None:
    """The whole trial of one project folder."""
    os.chdir(sys.argv[1])
    missing = [
        name
        for name in ("ensurepip", "pip")
        if subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode
    ]
    show(f"Python {sys.version.split()[0]}, account {os.getuid()}, without: {', '.join(missing) or 'nothing'}")
    bring_up("first run")
    bring_up("second run")
    began = time.monotonic()
    done = subprocess.run([sys.executable, "dev.py", "test"], stdin=subprocess.DEVNULL, check=False)
    show(f"test: code {done.returncode} in {time.monotonic() - began:.1f} s")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
