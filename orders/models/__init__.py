from orders.models.contact import Contact
from orders.models.draft import OrderDraft
from orders.models.event import EventKind, OrderEvent
from orders.models.line import OrderItem, OrderItemDemand
from orders.models.order import Fulfilment, Order
from orders.models.payment import Payment, PaymentMethod
from orders.models.photo import OrderPhoto, PhotoKind
from orders.models.price_note import PriceNote
from orders.models.status import OrderStatus

__all__ = [
    "Contact",
    "EventKind",
    "Fulfilment",
    "Order",
    "OrderDraft",
    "OrderEvent",
    "OrderItem",
    "OrderItemDemand",
    "OrderPhoto",
    "OrderStatus",
    "Payment",
    "PaymentMethod",
    "PhotoKind",
    "PriceNote",
]
