"""The three primitives of the stock: issue, receive, put back. Only they write batches, allocations and the ledger.

The SQL stands in `sql/`, one file per function and version; a released file is never edited (see docs/architecture.md).
`inventory/domain/fifo.py` says the same in plain Python and is compared with it on random input.
"""

from inventory.engine.install import create, drop
from inventory.engine.primitives import (
    Issued,
    IssueRow,
    PutBackRow,
    ReceiveRow,
    Sold,
    issue,
    put_back,
    receive,
    recost,
    refusals_as_errors,
    sell,
)

__all__ = [
    "IssueRow",
    "Issued",
    "PutBackRow",
    "ReceiveRow",
    "Sold",
    "create",
    "drop",
    "issue",
    "put_back",
    "receive",
    "recost",
    "refusals_as_errors",
    "sell",
]
