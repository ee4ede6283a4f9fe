"""What pre_delete and post_delete do, and what is left when one of them fails. Told in docs/deleting.md.

Three generations that Django's collector takes together: a person, the device of their second factor, its codes. And a
bouquet with its recipe and a photo, whose file goes after the commit.
"""

from contextlib import ExitStack, contextmanager
from weakref import ReferenceType

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import m2m_changed, post_delete, pre_delete
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts.models import User
from core.access import Role
from core.soft_delete import mark_deleted
from core.tenancy import after_commit, current_schema_name
from inventory.models import Supplier
from products.models import KitItem, Product, ProductKit, ProductKitPhoto, ProductVariant, ProductVariantGroup

GENERATIONS = (User, StaticDevice, StaticToken)
WHEN = {"pre_delete": pre_delete, "post_delete": post_delete}


class Veto(Exception):
    """What a handler of these tests raises."""


@contextmanager
def listening(signal, model, handler):
    def receive(sender, instance, **kwargs):
        handler(instance)

    signal.connect(receive, sender=model, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receive, sender=model)


def fails(instance):
    raise Veto


def person():
    user = User.objects.create_user("gardener", "gardener@example.com", role=Role.SELLER)
    device = StaticDevice.objects.create(user=user, name="codes")
    return user, device, StaticToken.objects.create(device=device, token="abcdefgh")


def there():
    return [set(model.objects.values_list("pk", flat=True)) for model in GENERATIONS]


def bouquet():
    """A bouquet of a recipe line and a photo with its file, deleted softly."""
    made = ProductKit.objects.create(name="Morning")
    KitItem.objects.create(kit=made, product=Product.objects.create(name="Rose"), quantity=1)
    photo = ProductKitPhoto.objects.create(kit=made)
    path = photo.path("thumb")
    default_storage.save(path, ContentFile(b"picture"))
    made.delete()
    return made, path


def rows_of(made):
    return (
        list(ProductKit.all_objects.values_list("pk", flat=True)),
        KitItem.objects.count(),
        ProductKitPhoto.all_objects.count(),
    )


@pytest.mark.parametrize("model", GENERATIONS)
@pytest.mark.parametrize("when", WHEN)
def test_an_error_in_any_generation_keeps_all_of_them(shop, when, model):
    family, before = person(), there()
    with listening(WHEN[when], model, fails), pytest.raises(Veto), transaction.atomic():
        family[0].delete()
    assert there() == before
    assert [member.pk for member in family] == [
        StaticDevice.objects.get().user_id, StaticToken.objects.get().device_id, StaticToken.objects.get().pk,
    ], "the objects keep their keys: these are taken away only when everything went well"  # fmt: skip


@pytest.mark.race
def test_an_error_keeps_all_of_them_without_a_transaction_around_too(committed_shop):
    assert not connection.in_atomic_block
    family, before = person(), there()
    for signal in WHEN.values():
        for model in GENERATIONS:
            with listening(signal, model, fails), pytest.raises(Veto):
                family[0].delete()
            assert there() == before, (signal, model)
            assert family[0].pk is not None
    family[0].delete()
    assert there()[1:] == [set(), set()]
    assert family[0].pk is None


def test_children_are_told_before_their_parents_and_each_once(shop):
    family, told = person(), []
    user = family[0]
    with ExitStack() as handlers:
        for name, signal in WHEN.items():
            for model in GENERATIONS:
                note = listening(signal, model, lambda row, name=name: told.append((name, type(row).__name__)))
                handlers.enter_context(note)
        user.delete()
    assert sorted(told) == sorted((name, model.__name__) for name in WHEN for model in GENERATIONS)
    assert [name for name, _model in told] == ["pre_delete"] * 3 + ["post_delete"] * 3
    after = [model for name, model in told if name == "post_delete"]
    assert after == ["StaticToken", "StaticDevice", "User"]


def test_an_error_caught_without_a_transaction_of_its_own_spoils_the_one_around(shop):
    family, before = person(), there()
    with transaction.atomic():
        with listening(post_delete, StaticDevice, fails), pytest.raises(Veto):
            family[0].delete()
        with pytest.raises(transaction.TransactionManagementError):
            User.objects.count()
        transaction.set_rollback(True)
    assert there() == before


def test_an_error_caught_around_a_transaction_of_its_own_leaves_the_one_around_usable(shop):
    family, before = person(), there()
    with transaction.atomic():
        with listening(post_delete, StaticDevice, fails), pytest.raises(Veto), transaction.atomic():
            family[0].delete()
        Supplier.objects.create(name="Farm")
    assert there() == before
    assert Supplier.objects.get().name == "Farm"


def test_what_was_rolled_back_after_a_deletion_looks_deleted_until_it_is_read_again(shop):
    user, _device, _token = person()
    key, before = user.pk, there()
    with pytest.raises(Veto), transaction.atomic():
        user.delete()
        raise Veto
    assert there() == before, "the database has it"
    assert user.pk is None, "the object says it has not"
    with pytest.raises(IntegrityError), transaction.atomic():
        user.save()  # would be a second person of that name
    assert User.objects.get(pk=key).username == "gardener"


def test_saving_what_looks_deleted_would_make_a_twin(shop):
    supplier = Supplier.objects.create(name="Farm")
    with pytest.raises(Veto), transaction.atomic():
        supplier.hard_delete()
        raise Veto
    supplier.name = "Farm again"
    supplier.save()
    assert sorted(Supplier.objects.values_list("name", flat=True)) == ["Farm", "Farm again"]


def test_in_post_delete_the_row_is_gone_and_the_object_still_has_its_key(shop):
    family, seen = person(), []
    with listening(
        post_delete, StaticDevice, lambda row: seen.append((row.pk, StaticDevice.objects.filter(pk=row.pk).exists()))
    ):
        key = family[1].pk
        family[0].delete()
    assert seen == [(key, False)]


@pytest.mark.parametrize("model", [ProductKit, KitItem, ProductKitPhoto])
@pytest.mark.parametrize("when", WHEN)
def test_after_an_error_no_work_is_left_for_the_commit_and_the_file_is_there(
    shop, django_capture_on_commit_callbacks, when, model
):
    made, path = bouquet()
    before = rows_of(made)
    with (
        django_capture_on_commit_callbacks(execute=True) as after,
        listening(WHEN[when], model, fails),
        pytest.raises(Veto),
        transaction.atomic(),
    ):
        made.hard_delete()
    assert after == []
    assert default_storage.exists(path)
    assert rows_of(made) == before


def test_after_a_deletion_the_file_goes_once_and_only_with_the_commit(shop, django_capture_on_commit_callbacks):
    made, path = bouquet()
    with django_capture_on_commit_callbacks(execute=False) as after:
        made.hard_delete()
        assert default_storage.exists(path)
    assert len(after) == 1
    after[0]()
    assert not default_storage.exists(path)
    assert rows_of(made) == ([], 0, 0)


@pytest.mark.race
def test_work_after_the_commit_knows_its_shop_and_its_error_takes_nothing_back(committed_shop, caplog):
    seen = []

    def work():
        seen.append(current_schema_name())
        raise OSError("the disk is away")

    farm = Supplier.objects.create(name="Farm")
    with listening(post_delete, Supplier, lambda row: after_commit(work)), transaction.atomic():
        farm.hard_delete()
        assert seen == [], "not before the commit"
    assert seen == ["rose"]
    assert not Supplier.all_objects.exists()
    assert "the disk is away" in caplog.text


def test_a_table_django_makes_for_many_to_many_says_nothing_and_one_of_ours_does(shop):
    user, group, told = person()[0], Group.objects.create(name="Helpers"), []
    user.groups.add(group)
    through = User.groups.through
    with (
        listening(pre_delete, through, told.append),
        listening(post_delete, through, told.append),
    ):
        m2m_changed.connect(lambda **kwargs: told.append(kwargs), sender=through, weak=False, dispatch_uid="heard")
        group.delete()
        m2m_changed.disconnect(sender=through, dispatch_uid="heard")
    assert told == []
    assert not through.objects.exists()
    reds = ProductVariantGroup.objects.create(name="Any red")
    ProductVariant.objects.create(group=reds, product=Product.objects.create(name="Rose"))
    for when, signal in WHEN.items():
        with listening(signal, ProductVariant, fails), pytest.raises(Veto), transaction.atomic():
            reds.hard_delete()
        assert ProductVariant.objects.filter(group=reds).exists(), when
    with listening(post_delete, ProductVariant, told.append):
        reds.hard_delete()
    assert [type(row) for row in told] == [ProductVariant]


def test_a_reference_that_nobody_looked_for_appears_at_the_commit_or_when_it_is_asked_for(shop):
    reds = ProductVariantGroup.objects.create(name="Any red")
    ProductVariant.objects.create(group=reds, product=Product.objects.create(name="Rose"))
    rows = ProductVariantGroup.all_objects.filter(pk=reds.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        assert rows._raw_delete(rows.db) == 1, "no error yet: the database looks when the transaction ends"
        connection.check_constraints()
    assert ProductVariantGroup.objects.get() == reds


def heard(work, model):
    """How many signals of deleting `work` sends for `model`."""
    told = []
    with listening(pre_delete, model, told.append), listening(post_delete, model, told.append):
        work()
    return len(told)


def test_marking_sends_nothing_whichever_way(shop, owner, login):
    farms = [Supplier.objects.create(name=f"Farm {number}") for number in range(5)]
    url = reverse("admin:inventory_supplier_changelist", urlconf="myproject.urls_shop")
    browser = login(owner)
    ways = (
        farms[0].delete,
        lambda: Supplier.objects.filter(pk=farms[1].pk).delete(),
        lambda: mark_deleted([farms[2]], by=owner, now=timezone.now()),
        lambda: browser.post(url, {"action": "mark_chosen_deleted", "_selected_action": [farms[3].pk]}),
        lambda: Supplier.objects.filter(pk=farms[4].pk).update(is_deleted=True),
    )
    assert [heard(work, Supplier) for work in ways] == [0] * 5
    assert not Supplier.objects.exists()
    assert Supplier.all_objects.count() == 5


def test_removing_sends_both_for_every_row_and_sql_sends_none(shop):
    for number in range(3):
        Supplier.objects.create(name=f"Farm {number}")
    assert heard(lambda: Supplier.objects.all().hard_delete(), Supplier) == 6
    farm = Supplier.objects.create(name="Farm")
    rows = Supplier.all_objects.filter(pk=farm.pk)
    assert heard(lambda: rows._raw_delete(rows.db), Supplier) == 0
    assert not Supplier.all_objects.exists()


def test_our_receivers_are_connected_once_and_none_of_them_vetoes():
    """By name, so that a module that is imported twice connects once; objections come by before_soft_delete."""
    for name, signal in WHEN.items():
        for key, receiver, *_rest in signal.receivers:
            function = receiver() if isinstance(receiver, ReferenceType) else receiver
            ours = function.__module__.split(".")[0] in {"core", "accounts", "products", "inventory", "orders"}
            if ours and function.__module__ != "core.middleware.shop":  # hosts are forgotten, in public alone
                assert name == "post_delete", function
                assert isinstance(key[0], str), function
