"""Which rule of the database an error is about."""

import pytest
from django.db import IntegrityError, transaction

from core.constraints import broken_constraint
from core.models import ShopFlag

NAMES = ["shelf_name_once", "shelf_name", "shelf_one_default"]


def refused(text):
    error = IntegrityError(text)
    error.__cause__ = ValueError(text)
    return error


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('duplicate key value violates unique constraint "shelf_name_once"', "shelf_name_once"),
        ('duplicate key value violates unique constraint "shelf_name_once_102057"', "shelf_name_once"),
        ("повторяющееся значение нарушает ограничение уникальности «shelf_name»", "shelf_name"),
        ('violates unique constraint "shelf_name_2"\nDETAIL: Key (name)=(shelf_one_default) exists.', "shelf_name"),
        ('violates unique constraint "other"\nDETAIL: Key (name)=(shelf_name) exists.', None),
        ('violates unique constraint "old_shelf_name"', None),
        ('violates unique constraint "shelf_name_twice"', None),
    ],
)
def test_a_name_is_found_whatever_number_a_server_puts_behind_it(text, name):
    assert broken_constraint(refused(text), NAMES) == name


def test_a_real_error_is_read(shop):
    ShopFlag.objects.create(name="x")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        ShopFlag.objects.create(name="x")
    assert broken_constraint(error.value, ["core_shopflag_name_key"]) == "core_shopflag_name_key"
    assert broken_constraint(error.value, ["x"]) is None
