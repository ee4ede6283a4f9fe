"""The same work for many shops, in several processes."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


def for_each(names: Sequence[str], work: Callable[[str], Result], *, workers: int = 1) -> Iterator[Result]:
    """`work(name)` for each name, `workers` at a time; each result as soon as it is there, in any order.

    `work` must be a function of a module, or a partial of one, and raise nothing.
    """
    if workers == 1 or len(names) < 2:
        yield from map(work, names)
        return
    # A process that forks must not share its connection with its children.
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=50) as pool:
        yield from pool.imap_unordered(work, names)
