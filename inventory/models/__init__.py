from inventory.models.assembly import Assembly, AssemblyPart, Disassembly
from inventory.models.batch import SaleAllocation, Shortage, StockBatch
from inventory.models.cost_correction import CostCorrection
from inventory.models.demand import Reservation, StockDemand
from inventory.models.documents import (
    FreightSpread,
    Receipt,
    ReceiptLine,
    SaleReturn,
    SupplierReturn,
    WriteOff,
    WriteOffReason,
)
from inventory.models.movement import MovementKind, SourceKind, StockMovement
from inventory.models.period import PeriodClosing
from inventory.models.regrade import Regrade
from inventory.models.sale import Sale
from inventory.models.stock import Stock
from inventory.models.stock_take import CountLine, StockTake, StockTakeScope, StockTakeState
from inventory.models.transfer import Transfer, TransferLine, TransferState
from inventory.models.warehouse import IssueOrder, Supplier, SupplierUnit, Warehouse

__all__ = [
    "Assembly",
    "AssemblyPart",
    "CostCorrection",
    "CountLine",
    "Disassembly",
    "FreightSpread",
    "IssueOrder",
    "MovementKind",
    "PeriodClosing",
    "Receipt",
    "ReceiptLine",
    "Regrade",
    "Reservation",
    "Sale",
    "SaleAllocation",
    "SaleReturn",
    "Shortage",
    "SourceKind",
    "Stock",
    "StockBatch",
    "StockDemand",
    "StockMovement",
    "StockTake",
    "StockTakeScope",
    "StockTakeState",
    "Supplier",
    "SupplierReturn",
    "SupplierUnit",
    "Transfer",
    "TransferLine",
    "TransferState",
    "Warehouse",
    "WriteOff",
    "WriteOffReason",
]
