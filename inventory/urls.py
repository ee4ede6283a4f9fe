"""Addresses of the stock."""

from django.urls import path

from inventory.views import printing, receipts, stock, write_offs

app_name = "inventory"

urlpatterns = [
    path("", stock.list_of_stock, name="stock_list"),
    path("<int:pk>/", stock.detail, name="stock_detail"),
    path("reservations/", stock.reservations, name="reservation_list"),
    path("receive/", receipts.receive, name="receive"),
    path("receipts/", receipts.list_of_receipts, name="receipt_list"),
    path("receipts/<int:pk>/", receipts.detail, name="receipt_detail"),
    path("receipts/<int:pk>/lines/<int:line>/cost/", receipts.correct_cost, name="correct_cost"),
    path("write-off/", write_offs.write_off, name="write_off"),
    path("write-offs/", write_offs.list_of_write_offs, name="write_off_list"),
    path("receipts/<int:pk>/labels/", printing.receipt_labels, name="receipt_labels"),
    path("batches/<int:pk>/", printing.batch, name="batch"),
    path("batches/<int:pk>/label/", printing.batch_label, name="batch_label"),
    path("batches/<int:pk>/return/", write_offs.return_to_supplier, name="return_to_supplier"),
]
