"""The command `cleanup_tenant`: what it says, what it does, what it refuses."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from core.shop_files import shop_files
from customers.models import Client, Domain, TenantRegistration
from customers.schema import schema_exists
from customers.services.provisioning import provision_shop
from tests.files import both_ways, everything, folder_of, read, write

DOCUMENTED = """\
=== Удаление тенанта (магазина) ===
======================================================================
ВНИМАНИЕ! Будут удалены следующие данные:
======================================================================
📋 Тенант:
• Название: Papa Shop
• Schema: papa
• Владелец: admin@example.com
💾 База данных:
• Запись Client "papa" будет удалена
• ⚠️ Схема PostgreSQL останется и требует ручного удаления!
📝 TenantRegistration:
• Заявка от Papa Owner (papa@example.com)
• Статус: Одобрено
• Действие: оставить с tenant=NULL (сохранить историю)
======================================================================
▶ Начинаю удаление...
======================================================================
1️⃣ Обновляю TenantRegistration (сохраняю историю)...
✓ TenantRegistration обновлена (tenant=NULL)
2️⃣ Удаляю Client...
✓ Client "Papa Shop" удален
⚠️ Схема БД "papa" НЕ удалена - требует ручного удаления!
======================================================================
✓ Тенант успешно удален!
======================================================================
"""


@pytest.fixture
def papa(shops, media):
    """A shop with an approved application and two files."""
    shop = provision_shop(schema_name="papa", name="Papa Shop")
    Client.objects.filter(pk=shop.pk).update(owner_email="admin@example.com")
    TenantRegistration.objects.create(
        shop_name="Papa Shop", schema_name="papa", owner_name="Papa Owner", owner_email="papa@example.com",
        status="approved", tenant=shop, provisioned_at=timezone.now(),
    )  # fmt: skip
    write("papa", "products/1/1/original.jpg", b"x")
    write("papa", "products/temp/y.jpg", b"y")
    return shop


def clean_up(*options, language="ru"):
    out = StringIO()
    with translation.override(language):
        call_command("cleanup_tenant", *options, stdout=out, no_color=True)
    return out.getvalue()


def snapshot():
    return (
        list(Client.objects.order_by("pk").values()),
        list(Domain.objects.order_by("pk").values()),
        list(TenantRegistration.objects.order_by("pk").values()),
        everything(),
    )


@both_ways
def test_it_looks_as_documented_and_keeps_schema_files_and_history(papa):
    assert clean_up("--schema=papa", "--noinput") == DOCUMENTED
    assert not Client.objects.filter(schema_name="papa").exists()
    assert not Domain.objects.filter(domain="papa.localhost").exists()
    registration = TenantRegistration.objects.get()
    assert (registration.status, registration.tenant) == ("approved", None)
    assert registration.closed_at is not None
    assert schema_exists("papa")
    assert read("papa", "products/1/1/original.jpg") == b"x"


def test_it_speaks_english_too(papa):
    out = clean_up("--schema=papa", "--noinput", language="en")
    assert "✓ The tenant is deleted!" in out
    assert "2️⃣ Deleting Client..." in out


def test_purging_deletes_the_application(papa):
    out = clean_up("--schema=papa", "--noinput", "--purge-registration")
    assert "• Действие: удалить" in out
    assert "1️⃣ Удаляю TenantRegistration...\n✓ TenantRegistration удалена" in out
    assert not TenantRegistration.objects.exists()


@both_ways
def test_deleting_files_removes_the_shops_folder_and_no_other(papa):
    write("rose", "keep.jpg", b"z")
    write("papa2", "keep.jpg", b"z")  # its name begins with the other's
    out = clean_up("--schema=papa", "--noinput", "--delete-files")
    assert f"• Будет удалено 2 файла из {shop_files().where('papa')}" in out
    assert "3️⃣ Удаляю файлы...\n✓ Удалено 2 файла" in out
    assert everything() == ["papa2/keep.jpg", "rose/keep.jpg"]
    assert read("rose", "keep.jpg") == b"z"


@both_ways
def test_a_dry_run_changes_nothing(papa):
    before = snapshot()
    out = clean_up("--schema=papa", "--dry-run", "--purge-registration", "--delete-files")
    assert "Пробный запуск: ничего не изменено." in out
    assert "▶" not in out
    assert snapshot() == before


@pytest.mark.parametrize("answer", ["no", "нет"])
def test_no_is_respected(papa, monkeypatch, answer):
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    before = snapshot()
    assert "Отменено, ничего не изменено." in clean_up("--schema=papa")
    assert asked == ["Продолжить? (yes/no): "]
    assert snapshot() == before


def test_yes_is_asked_for_until_it_is_clear(papa, monkeypatch):
    answers = iter(["", "maybe", "yes"])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    clean_up("--schema=papa")
    assert not Client.objects.filter(schema_name="papa").exists()


def test_without_a_terminal_it_names_the_option_and_changes_nothing(papa, monkeypatch):
    def closed(question):
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    before = snapshot()
    with pytest.raises(CommandError, match=r"терминала нет.*--noinput") as refusal:
        clean_up("--schema=papa")
    assert refusal.value.returncode == 1
    assert snapshot() == before


@pytest.mark.parametrize("name", ["nope", "2", "0", "../rose", "papa ", "PAPA", ""])
def test_an_unknown_shop_is_refused_with_the_list_of_shops(papa, name):
    before = snapshot()
    with pytest.raises(CommandError, match=r"Есть такие: papa, rose, tulip\.") as refusal:
        clean_up(f"--schema={name}", "--noinput", "--delete-files", "--purge-registration")
    assert refusal.value.returncode == 1
    assert snapshot() == before


def test_the_platform_is_never_cleaned_up(papa):
    before = snapshot()
    with pytest.raises(CommandError, match="сама платформа"):
        clean_up("--schema=public", "--noinput", "--delete-files", "--purge-registration")
    assert snapshot() == before
    assert schema_exists("public")


def test_a_second_time_says_so_and_is_no_error(papa):
    clean_up("--schema=papa", "--noinput")
    before = snapshot()
    assert "Магазин уже убран раньше; делать нечего." in clean_up("--schema=papa", "--noinput")
    assert snapshot() == before


@both_ways
def test_what_was_kept_the_first_time_can_go_later(papa):
    clean_up("--schema=papa", "--noinput")
    out = clean_up("--schema=papa", "--noinput", "--purge-registration", "--delete-files")
    assert '• Записи Client "papa" уже нет' in out
    assert not TenantRegistration.objects.exists()
    assert not shop_files().holds("papa")
    assert schema_exists("papa")


@pytest.mark.parametrize("where", ["inside", "itself"])
def test_a_symbolic_link_stops_it_before_anything_is_changed(papa, tmp_path, where):
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "gold").write_bytes(b"au")
    if where == "inside":
        (folder_of("papa") / "products/link").symlink_to(treasure)
    else:
        folder_of("papa").rename(tmp_path / "elsewhere")
        folder_of("papa").symlink_to(treasure)
    before = snapshot()
    with pytest.raises(CommandError, match="символическая ссылка"):
        clean_up("--schema=papa", "--noinput", "--delete-files")
    assert snapshot() == before
    assert (treasure / "gold").read_bytes() == b"au"


def test_files_that_can_not_be_removed_are_reported_and_a_repetition_finishes(papa, monkeypatch):
    def full(path, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as broken:
        broken.setattr("core.shop_files.shutil.rmtree", full)
        with pytest.raises(CommandError, match=r"файлы магазина остались.*Permission denied"):
            clean_up("--schema=papa", "--noinput", "--delete-files")
    assert not Client.objects.filter(schema_name="papa").exists()
    clean_up("--schema=papa", "--noinput", "--delete-files")
    assert everything() == []


def test_a_waiting_application_of_somebody_else_is_not_touched(papa):
    clean_up("--schema=papa", "--noinput")
    waiting = TenantRegistration.objects.create(
        shop_name="New", schema_name="papa", owner_name="N", owner_email="n@example.com"
    )
    clean_up("--schema=papa", "--noinput", "--purge-registration")
    assert list(TenantRegistration.objects.all()) == [waiting]


@both_ways
def test_the_name_is_refused_until_schema_and_files_are_gone_by_hand(papa):
    from customers.errors import NameLeftBehind

    clean_up("--schema=papa", "--noinput", "--delete-files")
    with pytest.raises(NameLeftBehind):
        provision_shop(schema_name="papa", name="New")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP SCHEMA IF EXISTS papa CASCADE;")
    assert provision_shop(schema_name="papa", name="New").status == "active"


def test_it_has_exactly_its_options():
    from customers.management.commands.cleanup_tenant import Command

    parser = Command().create_parser("manage.py", "cleanup_tenant")
    own = {option for action in parser._actions for option in action.option_strings} - {
        "-h", "--help", "--version", "-v", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
        "--force-color", "--skip-checks",
    }  # fmt: skip
    assert own == {"--schema", "--noinput", "--no-input", "--purge-registration", "--delete-files", "--dry-run"}


def test_a_link_in_the_trash_of_an_earlier_run_stops_it_too(papa, tmp_path):
    trash = folder_of(".trash-papa-1")
    trash.mkdir()
    (trash / "link").symlink_to(tmp_path)
    before = snapshot()
    with pytest.raises(CommandError, match="символическая"):
        clean_up("--schema=papa", "--noinput", "--delete-files")
    assert snapshot() == before
