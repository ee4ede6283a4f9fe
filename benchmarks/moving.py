"""A model moves to another app under load, in each of the three ways of docs/moving-models.md.

    python3 dev.py bench moving [--seconds 30] [--way rename]

A shop of two small apps with 100,000 rows and everything that hangs on them (tests/moving/). Three people work with the code
of before all the time, one of whom keeps every transaction open for 0.7 s; after the migration as many work with the new code
beside them for `--seconds`; then the move is taken back under load. Prints a table in Markdown. Ends with 1 when a request
failed or anybody waited longer than 2 s for a lock, as the server tells it.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

WAYS = ("keep", "rename", "copy")
MOST = 2  # seconds of waiting for a lock


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--way", action="append", choices=WAYS)
    options = parser.parse_args()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproject.settings")
    import django

    django.setup()
    from tests.moving.driver import Stage, make_base, on_server
    from tests.moving.journey import under_load

    base, good = "bench_moving", True
    make_base(base)
    print("| way | there | back | requests, old code | new code | failed | longest wait for a lock | longest request |")
    print("|---|---|---|---|---|---|---|---|")
    for way in options.way or WAYS:
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(Path(folder), f"{base}_{way}", base)
            try:
                stage.plan(way)
                found = under_load(stage.old, stage.new, seconds=options.seconds)
            finally:
                stage.close()
        old, new = found["loads"]["old"], found["loads"]["new"]
        failed, waited = old["count"] + new["count"], max(old["waited"], new["waited"])
        longest = max(old["longest"], new["longest"])
        there = found["seconds"]["rose"]
        print(
            f"| {way} | {there:.1f} s | {found['back']:.1f} s | {old['done']} | {new['done']} | {failed}"
            f" | {waited:.2f} s | {longest:.2f} s |",
            flush=True,
        )
        for failure in (*old["failed"], *new["failed"]):
            print(failure, file=sys.stderr)
        good = good and not failed and waited <= MOST
    on_server(f"DROP DATABASE IF EXISTS {base} WITH (FORCE)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
