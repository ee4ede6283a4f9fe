"""What a browser sends from the order form."""

import uuid

from orders.tests.factories import status, today
from products.models import Product


def order_form(*wanted, status_code="draft", **fields):
    """The fields of the form of a new order with (product or bouquet, quantity[, price]) lines."""
    data = {
        "buyer_phone": "+7 912 000-10-42",
        "buyer_name": "Anna",
        "same_recipient": "on",
        "fulfilment": "pickup",
        "due_on": today().isoformat(),
        "due_from": "10:00",
        "due_until": "12:00",
        "status": status(status_code).pk,
        "key": uuid.uuid4(),
        **line_fields(*wanted),
    }
    data.update(fields)
    return {name: value for name, value in data.items() if value is not None}


def line_fields(*wanted):
    """The rows of the formset alone."""
    data = {"lines-TOTAL_FORMS": len(wanted), "lines-INITIAL_FORMS": 0}
    for number, (goods, quantity, *price) in enumerate(wanted):
        data |= {
            f"lines-{number}-goods": goods if isinstance(goods, str) else ref(goods),
            f"lines-{number}-quantity": quantity,
            f"lines-{number}-price": price[0] if price else "",
        }
    return data


def ref(goods):
    """How a form names a product or a bouquet."""
    return f"p{goods.pk}" if isinstance(goods, Product) else f"k{goods.pk}"
