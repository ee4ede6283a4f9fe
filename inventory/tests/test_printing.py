"""Bucket labels without a browser: who may, what they say, where their code leads."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access import RIGHTS, Role
from core.codes import qr_svg
from inventory.models import Receipt, StockBatch
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.returns import return_to_supplier
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.write_offs import write_off
from inventory.tests.factories import product, receive, stock_of, warehouse


@pytest.mark.parametrize("role", list(Role))
def test_labels_are_for_those_who_see_the_stock(shop, login, staff, role):
    batch = receive(product(), "10")
    browser = login(staff(role))
    wanted = 200 if role in RIGHTS["stock.view"] else 403
    assert browser.get(reverse("inventory:batch_label", args=[batch.pk])).status_code == wanted
    receipt = Receipt.objects.get()
    assert browser.get(reverse("inventory:receipt_labels", args=[receipt.pk])).status_code == wanted
    assert browser.get(reverse("inventory:batch", args=[batch.pk])).status_code == (302 if wanted == 200 else 403)


def test_a_label_carries_a_code_of_digits_and_leads_to_its_batch(shop, login, owner):
    rose = product("Red rose", vase_life_days=7)
    batch = receive(rose, "10")
    browser = login(owner)
    page = browser.get(reverse("inventory:batch_label", args=[batch.pk])).content.decode()
    assert f'<p class="code">{batch.pk:06d}</p>' in page
    assert "<b>Sun</b>01.03.2026" in page
    assert "fresh until <b>08.03</b>" in page
    assert qr_svg(f"http://rose.localhost/stock/batches/{batch.pk}/") in page
    assert " style=" not in page
    answer = browser.get(f"/stock/batches/{batch.pk}/")
    assert answer["Location"] == f"/stock/{stock_of(rose).pk}/#batch_{batch.pk}"
    assert f'id="batch_{batch.pk}"' in browser.get(answer["Location"].partition("#")[0]).content.decode()


def test_goods_that_do_not_wilt_have_no_last_day_on_the_label(shop, login, owner):
    batch = receive(product("Vase"), "3")
    page = login(owner).get(reverse("inventory:batch_label", args=[batch.pk])).content.decode()
    assert "fresh until" not in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "brought no batch that could be labelled. Open the stock"),
        ("ru", "нет партий для этикеток. Откройте склад"),
    ],
)
def test_a_receipt_without_batches_says_so(shop, login, staff, language, said):
    receipt = Receipt.objects.create(warehouse=warehouse(), received_at=timezone.now())
    answer = login(staff("owner", language=language)).get(reverse("inventory:receipt_labels", args=[receipt.pk]))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not StockBatch.objects.exists()


def test_the_receipt_and_the_batches_of_the_stock_lead_to_their_labels(shop, login, owner):
    lines = [ReceiptLineInput(product(name), Decimal(5), Decimal(2), None) for name in ("Aster", "Iris")]
    receipt = post_receipt(
        warehouse=warehouse(), lines=lines, supplier=None, received_at=timezone.now(), by=None, key=None
    )
    browser = login(owner)
    assert f"/stock/receipts/{receipt.pk}/labels/" in browser.get(f"/stock/receipts/{receipt.pk}/").content.decode()
    page = browser.get("/stock/").content.decode()
    for batch in StockBatch.objects.all():
        assert f"/stock/batches/{batch.pk}/label/" in page
    labels = browser.get(f"/stock/receipts/{receipt.pk}/labels/").content.decode()
    assert labels.index("Aster") < labels.index("Iris")
    assert labels.count('class="sheet label"') == 2


@pytest.fixture
def papers(shop):
    """One of each document that is printed: kind → key."""
    rose = product("Red rose")
    batch = receive(rose, "10", "12.50")
    gone = write_off(product=rose, warehouse=warehouse(), quantity=Decimal(2), reason="broken", comment="fell <down>")
    back = return_to_supplier(batch=batch, quantity=Decimal(3))
    take = open_stock_take(warehouse=warehouse())
    count(take, product=rose, quantity=Decimal(4))
    apply_stock_take(take)
    return {
        "receipt": Receipt.objects.get().pk,
        "write_off": gone.pk,
        "supplier_return": back.pk,
        "stock_take": take.pk,
    }


def paper(browser, kind, key):
    return browser.get(reverse("inventory:print_document", args=[kind, key]))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("receipt", ["Receipt of goods", "10 stems", "₽125"]),
        ("write_off", ["Act of writing off", "2 stems", "₽25", "Broken", "fell &lt;down&gt;", "Saw it"]),
        ("supplier_return", ["Return of goods to the supplier", "3 stems", "₽37.50"]),
        ("stock_take", ["Inventory list", "4 stems", "−1", "Applied"]),
    ],
)
def test_goods_documents_are_printed_with_what_they_moved(papers, login, staff, kind, words):
    owner, florist = staff(Role.OWNER), staff(Role.FLORIST)
    page = paper(login(owner), kind, papers[kind]).content.decode().replace("\xa0", " ")
    assert [word for word in ["Red rose", *words] if word not in page] == []
    unpriced = paper(login(florist), kind, papers[kind]).content.decode()
    assert "₽" not in unpriced
    detail = {"receipt": "/stock/receipts/{}/", "stock_take": "/stock/stock-takes/{}/"}
    shown = detail.get(kind, f"/stock/documents/{kind}/{{}}/").format(papers[kind])
    assert reverse("inventory:print_document", args=[kind, papers[kind]]) in login(owner).get(shown).content.decode()


def test_only_documents_that_a_shop_prints_have_a_paper(papers, login, owner, staff):
    browser = login(owner)
    for kind, key in (("assembly", 1), ("regrade", 1), ("nonsense", 1), ("write_off", 10**9)):
        assert paper(browser, kind, key).status_code == 404
    assert paper(login(staff(Role.COURIER)), "write_off", papers["write_off"]).status_code == 403
