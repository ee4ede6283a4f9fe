"""Every page of the program and what is true of each: for the test that looks at them all and for whoever wants to see.

Pages are listed by the name of their address. A name that is in neither list fails the test, so no page is forgotten.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Name of the address -> paths with {keys} of `landmarks()`.
SHOP_PAGES: dict[str, list[str]] = {
    "home": ["/"],
    "attention": ["/attention/"],
    "recent": ["/recent/"],
    "trash": ["/trash/", "/trash/?q=nothing+like+this", "/trash/?kind=product"],
    "trash_past": ["/trash/past/"],
    "trash_remove": ["/trash/product/{deleted}/", "/trash/supplier/{forgotten}/"],
    "search": ["/search/", "/search/?q=ro", "/search/?q=hjpf", "/search/?q=nothing+like+this"],
    "shortcuts": ["/shortcuts/"],
    "profile": ["/profile/"],
    "password": ["/profile/password/"],
    "second_factor": ["/profile/second-factor/"],
    "second_factor_on": ["/profile/second-factor/on/"],
    "export": ["/export/"],
    "orders:order_list": ["/orders/", "/orders/?q=nothing+like+this"],
    "orders:order_board": ["/orders/board/"],
    "orders:order_create": ["/orders/new/"],
    "orders:order_detail": [
        "/orders/{confirmed}/",
        "/orders/{completed}/",
        "/orders/{cancelled}/",
        "/orders/{waiting}/",
    ],
    "orders:order_margin": ["/orders/{completed}/margin/", "/orders/{confirmed}/margin/"],
    "orders:order_edit": ["/orders/{confirmed}/edit/"],
    "orders:composition": ["/orders/{confirmed}/lines/{line}/", "/orders/{waiting}/lines/{waiting_line}/"],
    "orders:photo_rule": ["/orders/photo-rule/"],
    "products:minimum_margin": ["/catalogue/minimum-margin/"],
    "orders:print_work_order": ["/orders/{confirmed}/print/work-order/"],
    "orders:print_card": ["/orders/{confirmed}/print/card/"],
    "orders:print_receipt": ["/orders/{confirmed}/print/receipt/"],
    "orders:print_work_orders": [
        "/orders/print/work-orders/?order={confirmed}&order={waiting}",
        "/orders/print/work-orders/?view=today",
    ],
    "orders:pull_list": [
        "/orders/pull-list/",
        "/orders/pull-list/?order={confirmed}&order={waiting}",
        "/orders/pull-list/?kit={kit}&times=12",
    ],
    "inventory:stock_list": ["/stock/", "/stock/?q=nothing+like+this"],
    "inventory:stock_detail": ["/stock/{stock}/"],
    "inventory:stock_origins": [
        "/stock/{stock}/origins/",
        "/stock/{stock}/origins/?figure=reserve",
        "/stock/{stock}/origins/?figure=cost",
    ],
    "inventory:movement_list": [
        "/stock/movements/",
        "/stock/movements/?stock={stock}",
        "/stock/movements/?q=nothing+like+this",
    ],
    "inventory:reservation_list": ["/stock/reservations/"],
    "inventory:receive": ["/stock/receive/"],
    "inventory:receipt_list": ["/stock/receipts/"],
    "inventory:receipt_detail": ["/stock/receipts/{receipt}/"],
    "inventory:correct_cost": ["/stock/receipts/{receipt}/lines/{receipt_line}/cost/"],
    "inventory:receipt_labels": ["/stock/receipts/{receipt}/labels/"],
    "inventory:write_off": ["/stock/write-off/", "/stock/write-off/?stock={stock}", "/stock/write-off/?batch={batch}"],
    "inventory:write_off_list": ["/stock/write-offs/"],
    "inventory:document_list": [
        "/stock/documents/",
        "/stock/documents/?q=nothing+like+this",
        "/stock/documents/?kind=sale",
    ],
    "inventory:document_detail": [
        "/stock/documents/write_off/{write_off}/",
        "/stock/documents/sale/{sale}/",
        "/stock/documents/assembly/{assembly}/",
        "/stock/documents/disassembly/{disassembly}/",
    ],
    "inventory:mark_down": ["/stock/mark-down/?stock={stock}", "/stock/mark-down/?batch={batch}"],
    "inventory:regrade": ["/stock/regrade/?stock={stock}"],
    "inventory:regrade_list": ["/stock/regrades/"],
    "inventory:warehouse_list": ["/stock/warehouses/"],
    "inventory:warehouse_create": ["/stock/warehouses/new/"],
    "inventory:warehouse_edit": ["/stock/warehouses/{warehouse}/"],
    "inventory:supplier_list": ["/stock/suppliers/"],
    "inventory:supplier_detail": ["/stock/suppliers/{supplier}/"],
    "inventory:supplier_pack": ["/stock/suppliers/{supplier}/packs/"],
    "inventory:period_list": ["/stock/periods/"],
    "inventory:period_reopen": ["/stock/periods/{closing}/reopen/"],
    "inventory:take_back": ["/stock/returns/new/?sale={sale}"],
    "inventory:assemble": ["/stock/assembling/", "/stock/assembling/?own=1", "/stock/assembling/?kit={kit}"],
    "inventory:assembly_labels": ["/stock/assemblies/{assembly}/labels/"],
    "inventory:take_apart": ["/stock/batches/{bouquet}/take-apart/"],
    "inventory:repair": ["/stock/batches/{bouquet}/repair/", "/stock/batches/{gone}/repair/"],
    "inventory:transfer_list": ["/stock/transfers/", "/stock/transfers/?state=cancelled"],
    "inventory:transfer_send": ["/stock/transfers/new/", "/stock/transfers/new/?stock={stock}"],
    "inventory:transfer_detail": ["/stock/transfers/{sent}/", "/stock/transfers/{carried}/"],
    "inventory:print_document": ["/stock/documents/write_off/{write_off}/print/"],
    "inventory:print_transfer": ["/stock/transfers/{sent}/print/"],
    "inventory:stock_take_list": ["/stock/stock-takes/"],
    "inventory:stock_take_start": ["/stock/stock-takes/new/"],
    "inventory:stock_take_detail": ["/stock/stock-takes/{counting}/", "/stock/stock-takes/{counted}/"],
    "inventory:stock_take_differences": ["/stock/stock-takes/{counting}/differences/"],
    "inventory:batch_label": ["/stock/batches/{batch}/label/"],
    "inventory:return_to_supplier": ["/stock/batches/{batch}/return/"],
    "products:product_list": [
        "/catalogue/",
        "/catalogue/?q=nothing+like+this",
        "/catalogue/?category={category}&state=on",
        "/catalogue/?kind=flower&colour=red&stock=free",
    ],
    "products:category_list": ["/catalogue/categories/"],
    "products:category_create": ["/catalogue/categories/new/"],
    "products:category_edit": ["/catalogue/categories/{category}/edit/"],
    "products:product_create": ["/catalogue/new/"],
    "products:product_search": ["/catalogue/search/?q=a"],
    "products:list_price": ["/catalogue/{product}/price/?edit=1"],
    "products:many_prices": ["/catalogue/prices/?kind=flower", "/catalogue/prices/?way=down&amount=30&rounding=90"],
    "products:many_kit_prices": ["/catalogue/kits/prices/", "/catalogue/kits/prices/?way=up&amount=10&rounding=50"],
    "products:starter": ["/catalogue/starter/"],
    "products:import_choose": ["/catalogue/import/"],
    "products:product_labels": ["/catalogue/{product}/labels/?copies=3"],
    "products:list_labels": ["/catalogue/labels/?q=a"],
    "products:many": ["/catalogue/many/?kind=flower"],
    "products:product_detail": ["/catalogue/{product}/"],
    "products:product_edit": ["/catalogue/{product}/edit/"],
    "products:tag_list": ["/catalogue/tags/"],
    "products:tag": ["/catalogue/tags/{tag}/", "/catalogue/tags/{tag}/?edit=1"],
    "products:group_list": ["/catalogue/groups/"],
    "products:group_create": ["/catalogue/groups/new/"],
    "products:group_edit": ["/catalogue/groups/{group}/edit/"],
    "products:kit_list": ["/catalogue/kits/"],
    "products:kit_create": ["/catalogue/kits/new/"],
    "products:kit_detail": ["/catalogue/kits/{kit}/"],
    "products:kit_edit": ["/catalogue/kits/{kit}/edit/"],
}
# Name of the address -> why there is no page to look at.
NO_SHOP_PAGES: dict[str, str] = {
    "set_language": "takes a form and goes back",
    "set_theme": "takes a form and goes back",
    "bell": "a number in the top bar",
    "undo": "takes a form and goes back",
    "undo_dismiss": "takes a form and goes back",
    "trash_restore": "takes a form and goes to the trash",
    "login": "looked at without a person",
    "login_code": "looked at without a person, with a second factor on",
    "second_factor_off": "looked at with a second factor on",
    "second_factor_codes": "looked at with a second factor on",
    "second_factor_owners": "takes a form and goes back",
    "logout": "takes a form and goes to the log-in",
    "invitation": "looked at without a person",
    "forgotten": "looked at without a person",
    "new_password": "looked at without a person",
    "media": "a file",
    "export_unlock": "takes a form and goes back",
    "export_make": "takes a form and goes back",
    "export_file": "a file",
    "reports:hide_first_steps": "takes a form and goes back",
    "reports:load_demo": "takes a form and goes back",
    "orders:bulk_status": "takes a form; its answer is looked at in the story of many orders at once",
    "orders:draft_keep": "takes a form and answers with a part",
    "orders:draft_discard": "takes a form and goes back",
    "orders:contact_search": "a part of the order form",
    "orders:deliveries": "a part of the order form",
    "orders:goods_search": "a part of the order form",
    "orders:order_transition": "takes a form and goes to the order",
    "orders:card_steps": "a part of the board",
    "orders:move_card": "takes a form and answers with a part of the board",
    "orders:photos_add": "takes files and answers with the photos",
    "orders:photo_remove": "takes a form and answers with the photos",
    "orders:price_correct": "takes a form and goes to the order",
    "orders:payment_create": "takes a form and goes to the order",
    "inventory:transfer_receive": "takes a form and goes to the transfer",
    "inventory:transfer_cancel": "takes a form and goes to the transfer",
    "inventory:count_forget": "takes a form and goes back to counting",
    "orders:contact_colleague": "takes a form and goes back to the orders",
    "inventory:supplier_unpack": "takes a form and goes back to the supplier",
    "inventory:batch": "leads from a label's code to the stock",
    "products:category_move": "takes a form and goes to the tree",
    "products:category_place": "takes a form and answers with the tree",
    "products:category_photos": "takes files and answers with the photo",
    "products:category_photo": "takes a form and answers with the photo",
    "products:product_photo_order": "takes a form and answers with the photos",
    "products:kit_photo_order": "takes a form and answers with the photos",
    "products:category_delete": "takes a form and goes to the tree",
    "products:product_delete": "takes a form and goes to the list",
    "products:price_put": "takes a form and goes to the product",
    "products:price_remove": "takes a form and goes to the product",
    "products:starter_picture": "a picture",
    "products:import_columns": "looked at in the story of an import",
    "products:import_check": "looked at in the story of an import",
    "products:import_problems": "a file",
    "products:product_export": "a file",
    "products:product_archive": "takes a form and goes to the product",
    "products:product_unarchive": "takes a form and goes to the product",
    "products:by_code": "leads on to the product",
    "products:product_restore": "takes a form and goes to the product",
    "products:product_photos": "takes files and answers with the photos",
    "products:product_photo": "takes a form and answers with the photos",
    "products:kit_photos": "takes files and answers with the photos",
    "products:kit_photo": "takes a form and answers with the photos",
    "products:tag_delete": "takes a form and goes to the list",
    "products:group_delete": "takes a form and goes to the list",
    "products:kit_delete": "takes a form and goes to the list",
    "products:kit_restore": "takes a form and goes to the bouquet",
}
# What a shop shows to those who are not logged in, and the public site.
ENTRANCE_PAGES = {
    "/login/": 200,
    "/new-password/": 200,
    "{invitation}": 200,
    "{new_password}": 200,
    "/invitation/x/y/": 404,
}
PUBLIC_PAGES = {"/": 200, "/apply/": 200, "/application/": 200, "{application}": 200, "/login/": 200, "/nothing/": 404}
# Printed forms have a fixed paper and no navigation; a phone shows them as the sheet they are.
SHEETS = ("print_", "label")


def route_names(urlconf: str = "myproject.urls_shop") -> set[str]:
    """Names of all addresses but those of the admin, which is not ours."""

    def walk(resolver: Any, prefix: str = "") -> Any:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                if entry.namespace == "admin":
                    continue
                yield from walk(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
            elif isinstance(entry, URLPattern) and entry.name:
                yield prefix + entry.name

    return {name for name in walk(get_resolver(urlconf)) if not name.startswith("styleguide")}


def landmarks() -> dict[str, int]:
    """Keys of rows of a filled shop that the pages are looked at with."""
    from inventory.models import Receipt, Sale, StockBatch, Supplier, Warehouse, WriteOff
    from inventory.services.assembling import NewBouquet, assemble, take_apart
    from inventory.services.periods import close_period
    from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
    from inventory.services.transfers import TransferLineInput, send_transfer, transfer_stock
    from orders.domain.lifecycle import Category
    from orders.models import Order
    from orders.selectors.lists import uncovered
    from products.models import Product, ProductCategory, ProductKit, ProductTag, ProductVariantGroup
    from products.recipes import Component

    def order(category: str) -> Any:
        # One with words for its card: they are printed too.
        return Order.objects.filter(status__category=category).exclude(card_message="").earliest("pk")

    def stock_take(stock: Any) -> Any:
        """One that is open, with a shortfall of one."""
        found = open_stock_take(warehouse=stock.warehouse)
        count(found, product=stock.product, quantity=stock.quantity - 1)
        return found

    # Enough of it, for something of it may be written off before it is looked at.
    batch = StockBatch.objects.filter(is_open=True, receipt_line__isnull=False, remaining__gte=9).earliest("pk")
    waiting_line = uncovered().earliest("needed_on", "pk").order_link.item
    confirmed = order(Category.CONFIRMED)
    shelf = Warehouse.objects.get_or_create(name="The shelf of the second shop")[0]
    goods = [TransferLineInput(batch.stock.product, Decimal(1), batch)]
    posy = NewBouquet("Posy of the day", Decimal(300))
    one = [Component(batch.stock.product, Decimal(1))]
    assembly = assemble(bouquet=posy, warehouse=batch.stock.warehouse, quantity=Decimal(2), parts=one)
    bouquet, other = assembly.batches.order_by("pk")
    counted = stock_take(batch.stock)
    apply_stock_take(counted)
    counting = stock_take(batch.stock)
    deleted, forgotten = (
        Product.objects.create(name="A rose of last year"),
        Supplier.objects.create(name="A farm of last year"),
    )
    # One that nothing names can be removed for good, the other can't.
    Product.objects.create(name="Cheaper", reduced_from=deleted).delete()
    for row in (deleted, forgotten):
        row.delete()
    return {
        "deleted": deleted.pk,
        "forgotten": forgotten.pk,
        "confirmed": confirmed.pk,
        "line": confirmed.items.earliest("pk").pk,
        "waiting_line": waiting_line.pk,
        "completed": order(Category.COMPLETED).pk,
        "cancelled": Order.objects.filter(status__category=Category.CANCELLED).earliest("pk").pk,
        "waiting": waiting_line.order_id,
        "stock": batch.stock_id,
        "batch": batch.pk,
        "assembly": assembly.pk,
        "bouquet": bouquet.pk,
        "gone": other.pk,
        "disassembly": take_apart(batch=other).pk,
        "closing": close_period(upto=date(2020, 1, 31)).pk,
        "warehouse": shelf.pk,
        "supplier": Supplier.objects.filter(packs__isnull=False).earliest("pk").pk,
        "sale": Sale.objects.filter(reversed_at=None, returned=0).earliest("pk").pk,
        "write_off": WriteOff.objects.earliest("pk").pk,
        "sent": send_transfer(source=batch.stock.warehouse, target=shelf, lines=goods).pk,
        "carried": transfer_stock(source=batch.stock.warehouse, target=shelf, lines=goods).pk,
        "counted": counted.pk,
        "counting": counting.pk,
        "receipt": Receipt.objects.earliest("pk").pk,
        "receipt_line": Receipt.objects.earliest("pk").lines.earliest("pk").pk,
        "product": Product.objects.earliest("pk").pk,
        "kit": ProductKit.objects.earliest("pk").pk,
        "tag": ProductTag.objects.earliest("pk").pk,
        "group": ProductVariantGroup.objects.earliest("pk").pk,
        "category": ProductCategory.objects.earliest("pk").pk,
    }


# What the accessibility rules do not see. Answers with sentences about what is wrong.
FAULTS = r"""
({ width, sheet }) => {
    const faults = [];
    const root = document.documentElement;
    const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const name = (node) => `<${node.localName}${node.id ? "#" + node.id : ""} class="${node.className?.baseVal ?? node.className}"> ${node.textContent.trim().slice(0, 40)}`;
    if (!document.title.trim()) faults.push("the page has no title");
    if (!sheet && document.querySelectorAll("h1").length !== 1) faults.push(`${document.querySelectorAll("h1").length} h1`);
    if (sheet) return faults;
    if (root.scrollWidth > width) {
        faults.push(`wider than the window: ${root.scrollWidth} > ${width}`);
        for (const node of document.body.querySelectorAll("*"))
            if (shown(node) && node.getBoundingClientRect().right > width + 1 && !node.closest(".scroller, dialog")) { faults.push(`  sticks out: ${name(node)}`); break; }
    }
    if (width < 600) for (const table of document.querySelectorAll("table")) {
        if (shown(table) && getComputedStyle(table).display === "table" && !table.closest("[role=region], figure"))
            faults.push(`a table on a phone: ${name(table)}`);
    }
    for (const node of document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden])")) {
        if (!shown(node) || node.closest("p, li > small, .visually-hidden") || node.matches(".visually-hidden, .skip-link, .row-link")) continue;
        // .row-link covers its whole row by ::after, which no rectangle tells.
        const target = node.matches("[type=checkbox], [type=radio], [type=file]") ? node.closest("label") ?? node : node;
        const box = target.getBoundingClientRect();
        if (box.width && (box.width < 24 || box.height < 24)) faults.push(`smaller than 24 px: ${name(node)} ${Math.round(box.width)}×${Math.round(box.height)}`);
    }
    for (const node of document.querySelectorAll(".button, button")) {
        if (!shown(node) || node.querySelector("img, small, .effect") || node.matches(".tile, .chip, .effect, .reasons *")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const lines = new Set([...range.getClientRects()].filter((r) => r.width > 1 && r.height > 8).map((r) => Math.round((r.top + r.bottom) / 2 / 9)));
        if (lines.size > 2) faults.push(`a button of several lines: ${name(node)}`);
    }
    for (const node of document.querySelectorAll("[tabindex]")) if (node.tabIndex > 0) faults.push(`positive tabindex: ${name(node)}`);
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`the id ${id} twice`);
    const bar = document.querySelector(".bottom-bar");
    const undo = document.querySelector(".undo-bar");
    if (bar && undo && shown(bar) && shown(undo)) {
        const a = bar.getBoundingClientRect(), b = undo.getBoundingClientRect();
        if (a.top < b.bottom && b.top < a.bottom) faults.push("the undo bar lies on the bottom bar");
    }
    return faults;
}
"""
