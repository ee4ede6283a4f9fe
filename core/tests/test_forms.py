import datetime
import uuid
from decimal import Decimal

import pytest
from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.utils import translation

from core.errors import BadInput, DomainError
from core.forms import CleanCharField, DateField, Form, KeyField, MoneyField, PhoneField, QuantityField

TODAY = datetime.date(2026, 11, 20)


class Sample(Form):
    name = CleanCharField(label="Name", max_length=10, help_text="As people call her")
    quantity = QuantityField(label="Quantity", unit="шт")
    price = MoneyField(label="Price", required=False)
    way = django_forms.ChoiceField(label="Way", choices=[("a", "A"), ("b", "B")], widget=django_forms.RadioSelect)
    surprise = django_forms.BooleanField(label="Surprise", required=False)
    key = KeyField()


def test_a_quantity_must_be_more_than_nothing():
    for typed in ("0", "-1", "-0", "0,0004", "NaN", "1e400", "1000000"):
        with pytest.raises(ValidationError):
            QuantityField().clean(typed)
    assert QuantityField().clean("2,5") == Decimal("2.5")


def test_a_sum_may_be_nothing_but_not_less():
    assert MoneyField().clean("0") == 0
    assert MoneyField().clean("1 234,50") == Decimal("1234.50")
    for typed in ("-1", "100000000", "1,239", "1,2399"):
        with pytest.raises(ValidationError):
            MoneyField().clean(typed)


def test_an_empty_number_is_asked_for_or_stays_empty():
    with pytest.raises(ValidationError):
        QuantityField().clean("  ")
    assert MoneyField(required=False).clean("") is None


@pytest.mark.parametrize(("language", "shown"), [("ru", "1250,50"), ("en", "1250.50")])
def test_a_field_shows_its_value_as_it_would_be_typed(language, shown):
    with translation.override(language):
        assert MoneyField().prepare_value(Decimal("1250.50")) == shown
        assert MoneyField().prepare_value(Decimal("1250.00")) == "1250"
        field = QuantityField()
        assert field.clean(field.prepare_value(Decimal("1.125"))) == Decimal("1.125")


def test_a_field_knows_whether_the_number_changed_however_it_is_written():
    assert not MoneyField().has_changed(Decimal("1250.5"), "1 250,50")
    assert MoneyField().has_changed(Decimal("1250.5"), "1251")
    assert MoneyField().has_changed(Decimal("1250.5"), "nonsense")


@pytest.mark.parametrize(
    "typed",
    ["+7 912 345-67-89", "8 (912) 345-67-89", "89123456789", "912 345 67 89", "+7\u00a0912\u2011345\u201167\u201189"],
)
def test_a_telephone_number_is_stored_in_one_form(typed):
    assert PhoneField().clean(typed) == "+79123456789"


@pytest.mark.parametrize(
    "typed", ["123", "+7 912", "+7 912 345-67-89-00", "call me", "javascript:alert(1)", "8-800-FLOWERS"]
)
def test_what_is_no_telephone_number_is_refused_with_an_example(typed):
    with translation.override("ru"), pytest.raises(ValidationError, match="например"):
        PhoneField().clean(typed)


def test_a_foreign_number_keeps_its_country_and_a_stored_one_is_shown_readably():
    assert PhoneField().clean("+49 30 901820") == "+4930901820"
    assert PhoneField().prepare_value("+79123456789") == "+7\u00a0912\u00a0345-67-89"
    assert PhoneField(required=False).clean("") == ""


def test_every_drawn_form_gets_its_own_key_and_a_refused_one_keeps_it():
    first, second = Sample(), Sample()
    assert uuid.UUID(first["key"].value())
    assert first["key"].value() != second["key"].value()
    key = str(uuid.uuid4())
    refused = Sample({"name": "", "key": key})
    assert not refused.is_valid()
    assert f'value="{key}"' in str(refused)


def test_a_form_without_its_key_is_refused():
    for key in ("", "42", "not-a-key"):
        with pytest.raises(ValidationError, match="lost its key"), translation.override("en"):
            KeyField().clean(key)


@pytest.mark.parametrize("typed", ["2026-11-20", "20.11.2026"])
def test_a_day_is_read_as_the_browser_and_as_people_write_it(typed):
    assert DateField(today=lambda: TODAY).clean(typed) == TODAY


@pytest.mark.parametrize("typed", ["2026-02-30", "0000-01-01", "31.11.2026", "tomorrow", "2026-13-01", "20112026"])
def test_a_day_that_does_not_exist_is_refused(typed):
    with translation.override("en"), pytest.raises(ValidationError, match="no such day"):
        DateField(today=lambda: TODAY).clean(typed)


def test_a_day_out_of_reach_is_refused_with_the_limit():
    field = DateField(days_back=0, today=lambda: TODAY)
    with translation.override("ru"):
        with pytest.raises(ValidationError, match=r"20\.11\.2026 или позже"):
            field.clean("2026-11-19")
        with pytest.raises(ValidationError, match=r"20\.11\.2028 или раньше"):
            field.clean("9999-12-31")
    with pytest.raises(ValidationError):
        DateField(today=lambda: TODAY).clean("1999-01-01")


def test_a_refused_form_names_every_error_at_its_field_and_in_the_summary():
    with translation.override("en"):
        page = str(Sample({"name": "<b>" * 5, "quantity": "1,234", "price": "", "way": "", "key": ""}))
    assert page.index('id="form_errors_title"') < page.index("<label")
    assert 'href="#id_quantity"' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_name_error id_name_hint"' in page
    assert 'id="id_name_error"' in page
    assert 'id="id_name_hint"' in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert 'value="1,234"' in page, "what was typed is still there"
    assert page.count("lost its key") == 1


def test_a_fresh_form_shows_labels_units_and_what_is_optional():
    with translation.override("ru"):
        page = str(Sample())
    assert '<label for="id_price">Price <span class="optional">необязательно</span></label>' in page
    assert 'inputmode="decimal"' in page
    assert "шт</span>" in page
    assert "<legend>Way" in page
    assert 'class="tick"' in page
    assert "aria-invalid" not in page
    assert "notice" not in page


def test_a_refusal_of_a_service_lands_beside_its_field_or_above_the_form():
    values = {"name": "Anna", "quantity": "5", "way": "a", "key": str(uuid.uuid4())}
    form = Sample(values)
    assert form.is_valid()
    form.add_refusal(BadInput("Only 3 are free.", field="quantity"))
    assert form.errors["quantity"] == ["Only 3 are free."]
    form = Sample(values)
    form.add_refusal(DomainError("Somebody was faster.", field="elsewhere"))
    assert form.non_field_errors() == ["Somebody was faster."]
