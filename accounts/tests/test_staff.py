"""Inviting people, accepting, roles."""

import re

import pytest
from django.utils import translation

from accounts.invitations import find_invited, invitation_path, tokens
from accounts.models import User
from accounts.services.staff import (
    InvitationSpent,
    LastOwner,
    accept_invitation,
    change_role,
    invite,
    invite_owner,
    set_active,
)
from core.access import Role
from core.errors import BadInput, NotAllowed
from core.tenancy import in_schema

GOOD = "iris-and-lily-7"


def link_parts(user):
    _, _, who, token, _ = invitation_path(user).split("/")
    return {"who": who, "token": token}


def test_an_invited_owner_sets_a_password_once(shop, mailoutbox, do_jobs):
    owner = invite_owner(email="anna@example.com", name="Анна", language="ru")
    assert do_jobs() == 1
    [mail] = mailoutbox
    assert mail.subject == "Приглашение в «Роза»"
    who, token = re.search(r"http://rose\.localhost/invitation/([^/]+)/([^/]+)/", mail.body).groups()
    accept_invitation(who=who, token=token, password=GOOD)
    owner.refresh_from_db()
    assert owner.check_password(GOOD)
    with pytest.raises(InvitationSpent, match="no longer valid"):
        accept_invitation(who=who, token=token, password="another-good-8")
    owner.refresh_from_db()
    assert owner.check_password(GOOD)


def test_nobody_is_invited_who_has_a_password_by_then_or_was_switched_off(shop, staff, mails):
    staff("owner")
    came, went = (invite_owner(email=f"{name}@example.com") for name in ("anna", "ivan"))
    accept_invitation(**link_parts(came), password=GOOD)
    set_active(user=went, active=False, by=None)
    assert mails() == []


@pytest.mark.parametrize("password", ["short7", "12345678901", "password"])
def test_a_weak_password_is_refused_and_the_link_stays_good(shop, password):
    owner = invite_owner(email="anna@example.com")
    with pytest.raises(BadInput) as refusal:
        accept_invitation(**link_parts(owner), password=password)
    assert refusal.value.field == "password1"
    owner.refresh_from_db()
    assert not owner.has_usable_password()
    accept_invitation(**link_parts(owner), password=GOOD)


def test_a_link_of_one_shop_is_nothing_in_another_even_for_an_equal_row(shops):
    rows = {}
    for schema in ("rose", "tulip"):
        with in_schema(schema):
            user = User(pk=77, username="anna", email="anna@example.com", password="!same", role="owner")
            user.save(force_insert=True)
            rows[schema] = user
    with in_schema("rose"):
        token = tokens.make_token(rows["rose"])
        assert tokens.check_token(rows["rose"], token)
    with in_schema("tulip"):
        assert not tokens.check_token(rows["tulip"], token)


@pytest.mark.parametrize("who", ["", "x", "МQ", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "MQ", "AAAA", "\x00"])
def test_a_mistyped_link_invites_nobody(shop, who):
    assert find_invited(who, "d1-abc") is None
    with pytest.raises(InvitationSpent):
        accept_invitation(who=who, token="d1-abc", password=GOOD)


def test_a_link_is_spent_after_a_week(shop, settings):
    owner = invite_owner(email="anna@example.com")
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert find_invited(**link_parts(owner)) is None


def test_somebody_switched_off_does_not_get_in_by_the_link(shop):
    owner = invite_owner(email="anna@example.com")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    with pytest.raises(InvitationSpent):
        accept_invitation(**link_parts(owner), password=GOOD)


def test_the_owner_invites_and_nobody_else(shop, owner, manager):
    new = invite(email="Petr@example.com", name="Пётр", role="florist", language="ru", by=owner)
    assert (new.username, new.role, new.has_usable_password()) == ("Petr", "florist", False)
    with pytest.raises(NotAllowed, match="Only the owner"):
        invite(email="x@example.com", name="X", role="seller", language="ru", by=manager)
    assert not User.objects.filter(email="x@example.com").exists()


@pytest.mark.parametrize("email", ["", "anna", "a@", "a@b", "@example.com"])
def test_an_address_that_is_none_is_refused(owner, email):
    before = User.objects.count()
    with pytest.raises(BadInput, match="not an e-mail address"):
        invite(email=email, name="X", role="seller", language="ru", by=owner)
    assert User.objects.count() == before


def test_nobody_is_invited_twice(owner):
    invite(email="petr@example.com", name="", role="seller", language="ru", by=owner)
    with pytest.raises(BadInput, match="already here"):
        invite(email="PETR@example.com", name="", role="seller", language="ru", by=owner)
    assert User.objects.filter(email__iexact="petr@example.com").count() == 1


def test_equal_names_before_the_at_sign_get_different_user_names(owner):
    names = [
        invite(email=f"anna@{host}.com", name="", role="seller", language="ru", by=owner).username
        for host in ("a", "b", "c")
    ]
    assert names == ["anna", "anna2", "anna3"]


def test_an_unknown_role_is_refused(owner, seller):
    with pytest.raises(BadInput, match="no role"):
        change_role(user=seller, role="king", by=owner)
    seller.refresh_from_db()
    assert seller.role == "seller"


def test_the_last_owner_stays_owner_and_active(owner, manager):
    for attempt in (
        lambda: change_role(user=owner, role="seller", by=owner),
        lambda: set_active(user=owner, active=False, by=owner),
    ):
        with pytest.raises(LastOwner, match="only active owner") as refusal:
            attempt()
    with translation.override("ru"):
        assert "единственный действующий владелец" in str(refusal.value)
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == (Role.OWNER, True)
    change_role(user=manager, role="owner", by=owner)
    change_role(user=owner, role="seller", by=manager.__class__.objects.get(pk=manager.pk))
    owner.refresh_from_db()
    assert owner.role == "seller"


@pytest.mark.race
def test_two_owners_who_demote_each_other_do_not_both_succeed(committed_shop, staff, in_threads):
    pair = [staff("owner"), staff("owner")]
    outcomes = in_threads(2, lambda number: change_role(user=pair[number], role="seller", by=pair[1 - number]))
    assert User.objects.filter(role="owner", is_active=True).count() == 1, outcomes
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastOwner", "User"]


@pytest.mark.race
def test_one_link_opened_twice_at_once_sets_one_password(committed_shop, in_threads):
    owner = invite_owner(email="anna@example.com")
    parts = link_parts(owner)
    outcomes = in_threads(2, lambda number: accept_invitation(**parts, password=f"iris-and-lily-{number}"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InvitationSpent", "User"]
    owner.refresh_from_db()
    winner = next(number for number, outcome in enumerate(outcomes) if isinstance(outcome, User))
    assert owner.check_password(f"iris-and-lily-{winner}")


def test_rights_in_the_admin_follow_from_the_role(staff, shop):
    assert staff("owner").has_perm("accounts.change_user")
    assert staff("manager").has_perm("products.change_product")
    assert not staff("manager").has_perm("accounts.change_user")
    assert not staff("seller").has_perm("products.view_product")
    assert not staff("owner", is_active=False).has_perm("products.view_product")
    assert [staff(role).is_staff for role in Role] == [True, True, False, False, False]
