"""The whole of it, part by part, with a report in Markdown; ends with 1 when anything is not as it must be.

python3 dev.py chaos                       # everything but the mutations, with the numbers of the specification
python3 dev.py chaos --short               # everything but the mutations in about two minutes
python3 dev.py chaos crashes --operations 4000 --crashes 3
python3 dev.py chaos random --seed 7       # the same requests again, as far as the clock allows
python3 dev.py chaos mutations             # eight defects put into a copy; or --only M-6,M-7
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproject.settings")
django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.shop import bench_shop  # noqa: E402
from core.embedded.postgres import Cluster, find_binaries, server_account  # noqa: E402
from core.embedded.state import State  # noqa: E402
from tests.chaos import sections  # noqa: E402
from tests.chaos.crew import Report, say  # noqa: E402
from tests.chaos.mutations import MUTATIONS, mutations  # noqa: E402

PARTS = ("random", "double", "kills", "commits", "answers", "statements", "crashes", "machine")
# The numbers of the specification, and the ones that fit a check before every change.
FULL = {
    "operations": 10_000,
    "workers": 8,
    "orders": 1000,
    "kills": 250,
    "cases": 500,
    "crashes": 6,
    "crash_operations": 16_000,
}
SHORT = {"operations": 60, "workers": 4, "orders": 60, "kills": 25, "cases": 80, "crashes": 1, "crash_operations": 600}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="dev.py chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("section", nargs="?", default="all", choices=[*PARTS, "mutations", "all"])
    parser.add_argument("--short", action="store_true", help="small numbers")
    parser.add_argument("--operations", type=int, help="random requests of each worker; of all workers for crashes")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--orders", type=int, help="orders submitted twice")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--cases", type=int, help="lost answers")
    parser.add_argument("--crashes", type=int)
    parser.add_argument("--stocks", type=int, help="for the random requests; 20 and then 1 without it")
    parser.add_argument("--sequences", help="of the stateful test and their steps, as 500x50")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--seeds", type=int, default=1, help="how often the random operations are run, each anew")
    parser.add_argument("--only", default="", help="mutations to put in, by their numbers")
    options = parser.parse_args()
    chosen = [options.section] if options.section != "all" else list(PARTS)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    sys.stdout.write(f"# Chaos\n\nseed {options.seed}, commit {commit.stdout.strip() or 'unknown'}\n")
    reports = [report for part in chosen for report in carry_out(part, options)]
    bad = sum(len(report.violations) for report in reports)
    sys.stdout.write(f"\n**{bad} violations in {len(reports)} parts.**\n")
    return 1 if bad else 0


def carry_out(part: str, options: argparse.Namespace) -> Iterator[Report]:
    """One part, perhaps several runs of it, each in a shop of its own; prints each report when it is there."""
    for name, run in runs(part, options):
        say(f"{name} …")
        started = time.monotonic()
        report = run()
        report.figures["took, s"] = round(time.monotonic() - started)
        write(report)
        yield report


def runs(part: str, options: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Report]]]:
    usual = SHORT if options.short else FULL
    seed = options.seed

    def number(name: str) -> int:
        return getattr(options, name) or usual[name]

    def inside(call: Callable[[], Report]) -> Callable[[], Report]:
        def run() -> Report:
            with bench_shop(f"chaos_{part}"):
                return call()

        return run

    workers = number("workers")
    if part == "random":
        for stocks in [options.stocks] if options.stocks else (20, 1):
            for extra in range(options.seeds):
                chosen = {
                    "operations": number("operations"),
                    "workers": workers,
                    "stocks": stocks,
                    "seed": seed + extra,
                }
                yield f"random, {stocks} stocks", inside(lambda chosen=chosen: sections.random_operations(**chosen))  # type: ignore[misc]
    elif part == "double":
        yield part, inside(lambda: sections.double_submit(orders=number("orders"), workers=8, seed=seed))
    elif part == "kills":
        yield part, inside(lambda: sections.kills(kills=number("kills"), workers=workers, stocks=6, seed=seed))
    elif part == "commits":
        cases = max(number("cases") // 5, 20)
        yield part, inside(lambda: sections.deaths_after_commit(cases=cases, workers=workers, seed=seed))
    elif part == "answers":
        yield part, inside(lambda: sections.lost_answers(cases=number("cases"), workers=workers, seed=seed))
    elif part == "statements":
        yield part, inside(lambda: sections.cut_off_everywhere(seed=seed))
    elif part == "crashes":
        yield (
            part,
            crash_run(options, workers, number("crashes"), options.operations or usual["crash_operations"], inside),
        )
    elif part == "machine":
        yield part, lambda: machine(options.sequences or ("20x25" if options.short else "500x50"), seed)
    else:
        yield part, lambda: mutations([name for name in MUTATIONS if name in options.only.split(",")])


def crash_run(
    options: argparse.Namespace, workers: int, crashes: int, operations: int, inside: Any
) -> Callable[[], Report]:
    """Crashes of the server that dev.py started for us, or a refusal: nobody else's server is ever stopped."""
    folder = os.environ.get("CHAOS_CLUSTER")
    if not folder:
        report = Report("database crashes: left out")
        report.figures["why"] = "only a server of dev.py's own is crashed: run without DATABASE_URL"
        return lambda: report
    account = server_account()
    project = Path(settings.BASE_DIR)
    # The binaries are found where dev.py found them: beside the folder of the cluster.
    binaries = find_binaries(State(project, Path(folder).parent), account)
    server = Cluster(
        State(project, Path(folder)), binaries, account, "", Path(folder), ("fsync=on", "synchronous_commit=on")
    )

    def crash() -> Report:
        return sections.crashes(server, operations=operations, workers=workers, crashes=crashes, seed=options.seed)

    run: Callable[[], Report] = inside(crash)
    return run


def machine(sizes: str, seed: int) -> Report:
    """The stateful test of the suite, longer."""
    report = Report(f"stateful test: {sizes.replace('x', ' sequences × ')} steps", {"seed": seed})
    environment = {**os.environ, "STOCK_MACHINE": f"{sizes}:{seed}", "TESTING": "1", "SECRET_KEY": "for-tests-only"}
    test = "tests/test_stock_machine.py::test_any_sequence_of_services_keeps_the_stock_right"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--create-db", test],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    report.expect(done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:])
    return report


def write(report: Report) -> None:
    """One part of the final report."""
    verdict = "no violations" if not report.violations else f"**{len(report.violations)} VIOLATIONS**"
    rows = "".join(f"| {name} | {value} |\n" for name, value in report.figures.items())
    sys.stdout.write(f"\n## {report.title}\n\n{verdict}\n\n| | |\n|---|---|\n{rows}")
    for violation in report.violations[:20]:
        sys.stdout.write(f"\n- {violation}")
    if report.violations:
        sys.stdout.write("\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
