"""The platform's admin: answering applications, shops, domains."""

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from core.tenancy import in_schema
from customers.models import Client, Domain, TenantOperation, TenantRegistration
from customers.schema import schema_exists

APPLICATIONS = "/admin/customers/tenantregistration/"
SHOPS = "/admin/customers/client/"
JOBS = "/admin/customers/backgroundjob/"


@pytest.fixture
def operator(platform_client):
    user = User.objects.create_superuser("boss", "boss@example.com", "x", language="en")
    platform_client.force_login(user)
    return platform_client


@pytest.fixture
def application(platform):
    return TenantRegistration.objects.create(
        shop_name="Лилия", schema_name="lily", owner_name="Анна", owner_email="anna@example.com",
        email_verified_at=timezone.now(),
    )  # fmt: skip


def test_every_list_and_form_opens(operator, application, shops):
    domain = Domain.objects.get(domain="rose.localhost")
    paths = [
        "/admin/", APPLICATIONS, f"{APPLICATIONS}add/", f"{APPLICATIONS}{application.pk}/change/",
        f"{APPLICATIONS}?q=lily&status__exact=pending", SHOPS, f"{SHOPS}{shops['rose'].pk}/change/",
        "/admin/customers/domain/", f"/admin/customers/domain/{domain.pk}/change/", "/admin/accounts/user/",
        "/admin/accounts/user/add/",
    ]  # fmt: skip
    for path in paths:
        assert operator.get(path).status_code == 200, path


def test_the_button_asks_first_and_then_makes_the_shop(operator, application):
    path = f"{APPLICATIONS}{application.pk}/approve/"
    assert operator.get(path).status_code == 200
    assert not schema_exists("lily")
    answer = operator.post(path, follow=True)
    assert "is open at lily.localhost" in answer.content.decode()
    application.refresh_from_db()
    assert (application.status, application.processed_by.username) == ("approved", "boss")
    again = operator.post(path)
    assert again.status_code == 422
    assert "already answered" in again.content.decode()


def test_an_e_mail_that_nobody_has_confirmed_is_taken_on_trust_only_by_a_tick(operator, application):
    TenantRegistration.objects.update(email_verified_at=None)
    path = f"{APPLICATIONS}{application.pk}/approve/"
    assert "anna@example.com is not confirmed" in operator.get(path).content.decode()
    assert operator.post(path).status_code == 422
    page = operator.post(
        APPLICATIONS, {"action": "approve_selected", "_selected_action": [application.pk]}, follow=True
    )
    assert "is not confirmed" in page.content.decode()
    application.refresh_from_db()
    assert (application.status, schema_exists("lily")) == ("pending", False)
    assert "is open at lily.localhost" in operator.post(path, {"unconfirmed": "on"}, follow=True).content.decode()
    assert schema_exists("lily")


def test_a_refused_approval_tells_why_and_changes_nothing(operator, application):
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA lily")
    answer = operator.post(f"{APPLICATIONS}{application.pk}/approve/")
    assert answer.status_code == 422
    assert "a database schema with data" in answer.content.decode()
    application.refresh_from_db()
    assert application.status == "pending"


def test_the_application_keeps_a_journal_of_every_try_to_make_its_shop(operator, application, monkeypatch):
    from customers.services import registration

    def break_off(**details):
        raise OSError("No space left on device")

    page = f"{APPLICATIONS}{application.pk}/change/"
    monkeypatch.setattr(registration, "provision_shop", break_off)
    answer = operator.post(f"{APPLICATIONS}{application.pk}/approve/")
    assert answer.status_code == 422
    assert "could not be made: OSError: No space left on device" in answer.content.decode()
    application.refresh_from_db()
    assert (application.status, schema_exists("lily")) == ("pending", False)
    shown = operator.get(page).content.decode()
    assert "failed: OSError: No space left on device" in shown
    assert "Try again" in shown
    monkeypatch.undo()
    answer = operator.post(f"{APPLICATIONS}{application.pk}/approve/", follow=True)
    assert answer.redirect_chain[-1][0] == page
    shown = answer.content.decode()
    assert "tables and first data" in shown
    assert "Try again" not in shown
    journal = TenantOperation.objects.filter(schema_name="lily").order_by("pk")
    assert [bool(row.error) for row in journal] == [True, False]
    assert [name for name, _at in journal[1].steps] == ["tables", "owner"]
    assert [row.operator for row in journal] == ["boss", "boss"]


def test_the_journal_is_read_and_not_written(operator, application):
    operator.post(f"{APPLICATIONS}{application.pk}/approve/")
    row = TenantOperation.objects.get(schema_name="lily")
    journal = "/admin/customers/tenantoperation/"
    assert "lily" in operator.get(journal).content.decode()
    assert operator.get(f"{journal}{row.pk}/change/").status_code == 200
    assert operator.get(f"{journal}add/").status_code == 403
    for path in (f"{journal}{row.pk}/change/", f"{journal}{row.pk}/delete/"):
        assert operator.post(path, {"post": "yes", "error": "x"}).status_code == 403
    assert TenantOperation.objects.get(schema_name="lily").error == ""


def test_rejecting_wants_a_reason(operator, application):
    path = f"{APPLICATIONS}{application.pk}/reject/"
    assert operator.post(path, {"reason": ""}).status_code == 422
    application.refresh_from_db()
    assert application.status == "pending"
    operator.post(path, {"reason": "No such street."})
    application.refresh_from_db()
    assert (application.status, application.reason) == ("rejected", "No such street.")


def test_applications_are_answered_in_bulk_and_one_that_fails_stops_no_other(operator, application):
    other = TenantRegistration.objects.create(
        shop_name="Ромашка", schema_name="daisy", owner_name="B", owner_email="b@example.com",
        email_verified_at=timezone.now(),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA lily")
    data = {"action": "approve_selected", "_selected_action": [application.pk, other.pk]}
    page = operator.post(APPLICATIONS, data, follow=True).content.decode()
    assert "Shops made: 1." in page
    assert "a database schema with data" in page
    assert list(Client.objects.filter(schema_name__in=["lily", "daisy"]).values_list("schema_name", flat=True)) == [
        "daisy"
    ]
    data = {"action": "reject_selected", "_selected_action": [application.pk]}
    assert 'name="reason"' in operator.post(APPLICATIONS, data).content.decode()
    operator.post(APPLICATIONS, {**data, "reason": "Later."})
    application.refresh_from_db()
    assert application.status == "rejected"


def test_an_operator_can_enter_an_application(operator, platform):
    data = {
        "shop_name": "L",
        "schema_name": "rose",
        "owner_name": "A",
        "owner_email": "a@example.com",
        "language": "ru",
    }
    assert "can&#x27;t be used" in operator.post(f"{APPLICATIONS}add/", data).content.decode()
    assert not TenantRegistration.objects.exists()
    operator.post(f"{APPLICATIONS}add/", {**data, "schema_name": "lily"})
    assert TenantRegistration.objects.get().status == "pending"


def test_an_application_can_not_be_edited_or_deleted(operator, application):
    operator.post(f"{APPLICATIONS}{application.pk}/change/", {"schema_name": "daisy", "status": "approved"})
    assert operator.post(f"{APPLICATIONS}{application.pk}/delete/", {"post": "yes"}).status_code == 403
    application.refresh_from_db()
    assert (application.schema_name, application.status) == ("lily", "pending")


def test_a_shop_can_not_be_added_deleted_or_renamed_by_hand(operator, shops):
    rose = shops["rose"]
    assert operator.get(f"{SHOPS}add/").status_code == 403
    assert operator.post(f"{SHOPS}{rose.pk}/delete/", {"post": "yes"}).status_code == 403
    assert operator.get(f"{SHOPS}{shops['public'].pk}/change/").status_code == 302
    form = {
        "name": "Роза и шипы", "schema_name": "thorn", "status": "suspended", "language": "ru", "owner_name": "",
        "owner_email": "", "phone": "", "paid_until": "", "domains-TOTAL_FORMS": 0, "domains-INITIAL_FORMS": 0,
    }  # fmt: skip
    operator.post(f"{SHOPS}{rose.pk}/change/", form)
    rose.refresh_from_db()
    assert (rose.name, rose.schema_name, rose.status) == ("Роза и шипы", "rose", "suspended")


def test_taking_a_shop_off_wants_its_name_typed_and_keeps_the_schema(operator, shops):
    path = f"{SHOPS}{shops['tulip'].pk}/take-off/"
    assert operator.get(path).status_code == 200
    answer = operator.post(path, {"schema_name": "rose"})
    assert answer.status_code == 422
    assert Client.objects.filter(schema_name="tulip").exists()
    operator.post(path, {"schema_name": "tulip"})
    assert not Client.objects.filter(schema_name="tulip").exists()
    assert schema_exists("tulip")


def test_an_owner_who_never_came_is_invited_again(operator, shops, mailoutbox, do_jobs):
    path = f"{SHOPS}{shops['rose'].pk}/invite/"
    assert operator.post(path).status_code == 422
    with in_schema("rose"):
        User.objects.create_user("anna", "anna@example.com", role="owner")
    page = operator.post(path, follow=True).content.decode()
    assert "http://rose.localhost/invitation/" in page
    assert do_jobs() == 1
    assert "http://rose.localhost/invitation/" in mailoutbox[0].body


def test_jobs_are_looked_at_and_failed_ones_begin_anew(operator, shops):
    rows = [
        DBTaskResult.objects.create(
            args_kwargs={"args": ["rose", 7], "kwargs": {}},
            task_path=f"accounts.jobs.{name}",
            backend_name="default",
            status=status,
            worker_ids=["w"] * 8,
            traceback="ConnectionRefusedError: no mail server",
        )
        for name, status in (("mail_invitation", "FAILED"), ("mail_second_factor", "READY"))
    ]
    page = operator.get(JOBS).content.decode()
    for said in ("mail_invitation", "mail_second_factor", "rose", "failed", "waits"):
        assert said in page, said
    detail = operator.get(f"{JOBS}{rows[0].pk}/change/").content.decode()
    assert "no mail server" in detail
    assert operator.post(f"{JOBS}{rows[0].pk}/change/", {"status": "READY"}).status_code == 403
    assert operator.post(f"{JOBS}{rows[0].pk}/delete/", {"post": "yes"}).status_code == 403
    assert operator.get(f"{JOBS}add/").status_code == 403
    data = {"action": "begin_anew", "_selected_action": [row.pk for row in rows]}
    assert "Begin anew: 1." in operator.post(JOBS, data, follow=True).content.decode()
    fresh = {row.task_path: (row.status, len(row.worker_ids)) for row in DBTaskResult.objects.all()}
    assert fresh == {"accounts.jobs.mail_invitation": ("READY", 0), "accounts.jobs.mail_second_factor": ("READY", 8)}


def test_a_domain_is_written_without_port_and_a_primary_one_stays(operator, shops):
    domain = Domain.objects.get(domain="rose.localhost")
    assert operator.post(f"/admin/customers/domain/{domain.pk}/delete/", {"post": "yes"}).status_code == 403
    for wrong in ("rose.example.com:8000", "http://x", "ro_se.example.com", "", "localhost"):
        operator.post("/admin/customers/domain/add/", {"domain": wrong, "tenant": shops["rose"].pk})
    assert Domain.objects.filter(tenant=shops["rose"]).count() == 1
    operator.post("/admin/customers/domain/add/", {"domain": "WWW.Rose.example.com", "tenant": shops["rose"].pk})
    assert Domain.objects.filter(domain="rose.example.com", tenant=shops["rose"]).exists()


@pytest.mark.parametrize("role", ["florist", "seller", "courier"])
def test_the_admin_is_for_operators_only(platform_client, role):
    anonymous = platform_client.get("/admin/customers/client/")
    assert anonymous.status_code == 302
    platform_client.force_login(User.objects.create_user("x", "x@example.com", role=role))
    assert platform_client.get("/admin/customers/client/", follow=True).status_code == 403


def test_the_admin_has_a_wider_policy_of_its_own(operator):
    policy = operator.get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval' 'unsafe-inline'" in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
