"""Finding people by their numbers."""

import pytest

from core.transactions import run
from orders.models import Contact
from orders.services.contacts import contact_of

PHONE = "+79120001042"


def test_a_new_number_is_written_down_with_its_name(shop):
    made = contact_of(phone=PHONE, name="Anna")
    assert (made.name, made.phone) == ("Anna", PHONE)


def test_a_known_number_brings_its_contact_under_its_own_name(shop):
    anna = contact_of(phone=PHONE, name="Anna")
    assert contact_of(phone=PHONE, name="Olga") == anna
    assert Contact.objects.get().name == "Anna"


def test_a_contact_without_a_name_gets_the_first_one_typed(shop):
    contact_of(phone=PHONE)
    contact_of(phone=PHONE, name="Anna")
    assert Contact.objects.get().name == "Anna"


def test_the_name_of_a_known_person_can_be_corrected(shop):
    anna = contact_of(phone=PHONE, name="Ana")
    contact_of(phone=PHONE, name="Anna", known=anna)
    assert Contact.objects.get().name == "Anna"


def test_a_deleted_contact_is_not_found_and_its_number_is_free(shop):
    contact_of(phone=PHONE, name="Anna").delete()
    assert contact_of(phone=PHONE, name="Olga").name == "Olga"
    assert Contact.all_objects.count() == 2


def test_people_without_numbers_are_told_apart_by_their_names(shop):
    assert contact_of(name="Anna") == contact_of(name="Anna")
    assert contact_of(name="Olga") != contact_of(name="Anna")
    assert contact_of() is None


@pytest.mark.race
@pytest.mark.parametrize("phone", [PHONE, ""])
def test_eight_requests_at_once_write_one_person_down_once(committed_shop, in_threads, phone):
    found = in_threads(8, lambda _: run(lambda: contact_of(phone=phone, name="Anna")).pk)
    assert len(set(found)) == 1, found
    assert Contact.objects.count() == 1
