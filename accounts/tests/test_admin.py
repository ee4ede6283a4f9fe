"""People in a shop's admin."""

import pytest

from accounts.models import User

PEOPLE = "/admin/accounts/user/"


def form_of(user, **changes):
    fields = ("username", "name", "email", "role", "language", "theme")
    return {**{field: getattr(user, field) for field in fields}, "is_active": "on", **changes}


def test_the_owner_invites_through_the_admin(login, owner, mailoutbox, do_jobs):
    answer = login(owner).post(
        f"{PEOPLE}add/", {"email": "petr@example.com", "name": "Пётр", "role": "florist", "language": "ru"}
    )
    assert answer.status_code == 302
    new = User.objects.get(email="petr@example.com")
    assert (new.role, new.has_usable_password()) == ("florist", False)
    assert do_jobs() == 1
    assert "http://rose.localhost/invitation/" in mailoutbox[0].body


def test_an_e_mail_that_is_here_is_refused_beside_its_field(login, owner, seller):
    answer = login(owner).post(
        f"{PEOPLE}add/", {"email": seller.email.upper(), "name": "", "role": "florist", "language": "ru"}
    )
    assert "already here" in answer.content.decode()
    assert User.objects.count() == 2


def test_the_owner_changes_a_role(login, owner, seller):
    login(owner).post(f"{PEOPLE}{seller.pk}/change/", form_of(seller, role="florist", name="Мария"))
    seller.refresh_from_db()
    assert (seller.role, seller.name) == ("florist", "Мария")


@pytest.mark.parametrize("changes", [{"role": "seller"}, {"is_active": ""}])
def test_the_last_owner_can_not_be_taken_away(login, owner, changes):
    answer = login(owner).post(f"{PEOPLE}{owner.pk}/change/", form_of(owner, **changes))
    assert "only active owner" in answer.content.decode()
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)


def test_nobody_becomes_a_superuser_through_the_admin(login, owner, seller):
    login(owner).post(f"{PEOPLE}{seller.pk}/change/", form_of(seller, is_superuser="on", password="x"))
    before = seller.password
    seller.refresh_from_db()
    assert (seller.is_superuser, seller.password) == (False, before)


def test_the_manager_uses_the_admin_but_not_for_people(login, manager, seller):
    browser = login(manager)
    assert browser.get("/admin/").status_code == 200
    for path in (PEOPLE, f"{PEOPLE}add/", f"{PEOPLE}{seller.pk}/change/"):
        assert browser.get(path).status_code == 403
    browser.post(f"{PEOPLE}{manager.pk}/change/", form_of(manager, role="owner"))
    manager.refresh_from_db()
    assert manager.role == "manager"


@pytest.mark.parametrize("role", ["florist", "seller", "courier"])
def test_others_do_not_get_into_the_admin(login, staff, shop, role):
    answer = login(staff(role)).get("/admin/", follow=True)
    assert answer.status_code == 403


def test_people_are_not_deleted(login, owner, seller):
    assert login(owner).post(f"{PEOPLE}{seller.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=seller.pk).exists()
