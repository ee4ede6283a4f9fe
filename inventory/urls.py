"""Addresses of the stock."""

from django.urls import path

from inventory.views import (
    assembling,
    documents,
    printing,
    receipts,
    regrading,
    returns,
    stock,
    stock_takes,
    transfers,
    write_offs,
)

app_name = "inventory"

urlpatterns = [
    path("", stock.list_of_stock, name="stock_list"),
    path("<int:pk>/", stock.detail, name="stock_detail"),
    path("reservations/", stock.reservations, name="reservation_list"),
    path("documents/", documents.list_of_documents, name="document_list"),
    path("documents/<str:kind>/<int:pk>/", documents.detail, name="document_detail"),
    path("receive/", receipts.receive, name="receive"),
    path("receipts/", receipts.list_of_receipts, name="receipt_list"),
    path("receipts/<int:pk>/", receipts.detail, name="receipt_detail"),
    path("receipts/<int:pk>/lines/<int:line>/cost/", receipts.correct_cost, name="correct_cost"),
    path("write-off/", write_offs.write_off, name="write_off"),
    path("write-offs/", write_offs.list_of_write_offs, name="write_off_list"),
    path("mark-down/", regrading.mark_down, name="mark_down"),
    path("regrade/", regrading.regrade, name="regrade"),
    path("regrades/", regrading.list_of_regrades, name="regrade_list"),
    path("returns/new/", returns.take_back, name="take_back"),
    path("assembling/", assembling.assemble, name="assemble"),
    path("assemblies/<int:pk>/labels/", printing.assembly_labels, name="assembly_labels"),
    path("transfers/", transfers.list_of_transfers, name="transfer_list"),
    path("transfers/new/", transfers.send, name="transfer_send"),
    path("transfers/<int:pk>/", transfers.detail, name="transfer_detail"),
    path("transfers/<int:pk>/receive/", transfers.receive, name="transfer_receive"),
    path("transfers/<int:pk>/cancel/", transfers.cancel, name="transfer_cancel"),
    path("transfers/<int:pk>/print/", printing.transfer_note, name="print_transfer"),
    path("stock-takes/", stock_takes.list_of_stock_takes, name="stock_take_list"),
    path("stock-takes/new/", stock_takes.start, name="stock_take_start"),
    path("stock-takes/<int:pk>/", stock_takes.detail, name="stock_take_detail"),
    path("stock-takes/<int:pk>/differences/", stock_takes.close, name="stock_take_differences"),
    path("stock-takes/<int:pk>/lines/<int:line>/forget/", stock_takes.forget, name="count_forget"),
    path("receipts/<int:pk>/labels/", printing.receipt_labels, name="receipt_labels"),
    path("batches/<int:pk>/", printing.batch, name="batch"),
    path("batches/<int:pk>/label/", printing.batch_label, name="batch_label"),
    path("batches/<int:pk>/take-apart/", assembling.take_apart, name="take_apart"),
    path("batches/<int:pk>/return/", write_offs.return_to_supplier, name="return_to_supplier"),
]
