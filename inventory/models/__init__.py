from inventory.models.batch import SaleAllocation, Shortage, StockBatch
from inventory.models.demand import Reservation, StockDemand
from inventory.models.documents import (
    Receipt,
    ReceiptLine,
    SaleReturn,
    SupplierReturn,
    WriteOff,
    WriteOffReason,
)
from inventory.models.movement import MovementKind, SourceKind, StockMovement
from inventory.models.sale import Sale
from inventory.models.stock import Stock
from inventory.models.warehouse import Supplier, Warehouse

__all__ = [
    "MovementKind",
    "Receipt",
    "ReceiptLine",
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
    "Supplier",
    "SupplierReturn",
    "Warehouse",
    "WriteOff",
    "WriteOffReason",
]
