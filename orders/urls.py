"""Addresses of orders in a shop."""

from django.urls import path

from orders.views import board, bulk, composition, detail, drafts, lists, photos, printing, pulling, taking

app_name = "orders"
urlpatterns = [
    path("", lists.order_list, name="order_list"),
    path("board/", board.order_board, name="order_board"),
    path("bulk/", bulk.bulk_status, name="bulk_status"),
    path("new/", taking.order_create, name="order_create"),
    path("new/draft/", drafts.keep, name="draft_keep"),
    path("new/draft/discard/", drafts.discard, name="draft_discard"),
    path("contacts/", drafts.contact_search, name="contact_search"),
    path("contacts/<int:pk>/colleague/", lists.contact_colleague, name="contact_colleague"),
    path("deliveries/", drafts.deliveries, name="deliveries"),
    path("pull-list/", pulling.pull_list, name="pull_list"),
    path("goods/", taking.goods_search, name="goods_search"),
    path("<int:pk>/", detail.order_detail, name="order_detail"),
    path("<int:pk>/margin/", detail.order_margin, name="order_margin"),
    path("<int:pk>/edit/", taking.order_edit, name="order_edit"),
    path("<int:pk>/lines/<int:item>/", composition.composition, name="composition"),
    path("<int:pk>/photos/", photos.photos_add, name="photos_add"),
    path("<int:pk>/photos/<int:photo>/remove/", photos.photo_remove, name="photo_remove"),
    path("photo-rule/", photos.photo_rule, name="photo_rule"),
    path("<int:pk>/status/", detail.order_transition, name="order_transition"),
    path("<int:pk>/steps/", board.card_steps, name="card_steps"),
    path("<int:pk>/move/", board.move_card, name="move_card"),
    path("<int:pk>/price/", detail.price_correct, name="price_correct"),
    path("<int:pk>/payments/", detail.payment_create, name="payment_create"),
    path("<int:pk>/print/work-order/", printing.work_order, name="print_work_order"),
    path("<int:pk>/print/card/", printing.card, name="print_card"),
    path("<int:pk>/print/receipt/", printing.receipt, name="print_receipt"),
    path("print/work-orders/", printing.work_order_list, name="print_work_orders"),
]
