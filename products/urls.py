"""Addresses of the catalogue."""

from django.urls import path

from products.views import categories, groups, kits, labels, many, photos, prices, products, sheets

app_name = "products"

urlpatterns = [
    path("", products.list_of_products, name="product_list"),
    path("new/", products.create, name="product_create"),
    path("search/", products.search, name="product_search"),
    path("<int:pk>/", products.detail, name="product_detail"),
    path("<int:pk>/edit/", products.edit, name="product_edit"),
    path("<int:pk>/delete/", products.delete, name="product_delete"),
    path("<int:pk>/restore/", products.restore, name="product_restore"),
    path("<int:pk>/archive/", products.archive, name="product_archive"),
    path("<int:pk>/unarchive/", products.unarchive, name="product_unarchive"),
    path("<int:pk>/labels/", labels.of_product, name="product_labels"),
    path("<int:pk>/price/", prices.in_list, name="list_price"),
    path("<int:pk>/prices/", prices.put, name="price_put"),
    path("<int:pk>/prices/<int:price>/remove/", prices.take_away, name="price_remove"),
    path("prices/", prices.many, name="many_prices"),
    path("minimum-margin/", prices.minimum, name="minimum_margin"),
    path("many/", many.many, name="many"),
    path("import/", sheets.choose, name="import_choose"),
    path("import/<int:pk>/", sheets.columns, name="import_columns"),
    path("import/<int:pk>/check/", sheets.check, name="import_check"),
    path("import/<int:pk>/problems/", sheets.problems, name="import_problems"),
    path("export/", sheets.export, name="product_export"),
    path("labels/", labels.of_list, name="list_labels"),
    path("code/<str:code>/", products.by_code, name="by_code"),
    path("<int:pk>/photos/", photos.add_to_product, name="product_photos"),
    path("<int:pk>/photos/<int:photo>/", photos.change_of_product, name="product_photo"),
    path("kits/<int:pk>/photos/", photos.add_to_kit, name="kit_photos"),
    path("kits/<int:pk>/photos/<int:photo>/", photos.change_of_kit, name="kit_photo"),
    path("categories/", categories.list_of_categories, name="category_list"),
    path("categories/new/", categories.create, name="category_create"),
    path("categories/<int:pk>/edit/", categories.edit, name="category_edit"),
    path("categories/<int:pk>/move/", categories.move, name="category_move"),
    path("categories/<int:pk>/delete/", categories.delete, name="category_delete"),
    path("categories/<int:pk>/restore/", categories.restore, name="category_restore"),
    path("groups/", groups.list_of_groups, name="group_list"),
    path("groups/new/", groups.create, name="group_create"),
    path("groups/<int:pk>/edit/", groups.edit, name="group_edit"),
    path("groups/<int:pk>/delete/", groups.delete, name="group_delete"),
    path("groups/<int:pk>/restore/", groups.restore, name="group_restore"),
    path("kits/", kits.list_of_kits, name="kit_list"),
    path("kits/new/", kits.create, name="kit_create"),
    path("kits/<int:pk>/", kits.detail, name="kit_detail"),
    path("kits/<int:pk>/edit/", kits.edit, name="kit_edit"),
    path("kits/<int:pk>/delete/", kits.delete, name="kit_delete"),
    path("kits/<int:pk>/restore/", kits.restore, name="kit_restore"),
]
