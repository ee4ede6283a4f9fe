"""Log-in, invitation, profile, in a browser's eyes."""

import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.invitations import forgotten_path, invitation_path
from accounts.models import User
from accounts.services.staff import invite_owner
from core.jobs import Outcome, claim, perform

GOOD = "iris-and-lily-7"


@pytest.mark.parametrize("name", ["anna", "ANNA", "anna@example.com", "Anna@Example.com"])
def test_one_logs_in_by_user_name_or_e_mail_in_any_case(client, staff, name):
    user = staff("seller", username="anna", password=GOOD)
    answer = client.post("/login/", {"username": name, "password": GOOD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize(
    "data",
    [
        {"username": "anna", "password": "wrong"},
        {"username": "nobody", "password": GOOD},
        {"username": "nobody@example.com", "password": GOOD},
        {"username": "", "password": ""},
        {"username": "anna\x00", "password": GOOD},
        {"username": "a" * 5000, "password": GOOD},
    ],
)
def test_a_wrong_log_in_is_refused_without_telling_which_half_was_wrong(client, staff, data):
    staff("seller", username="anna", password=GOOD)
    answer = client.post("/login/", data, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert "_auth_user_id" not in client.session


def test_the_refusal_of_a_log_in_speaks_both_languages(client, staff):
    for language, words in (("en", "do not belong together"), ("ru", "не подходят друг к другу")):
        answer = client.post("/login/", {"username": "x", "password": "y"}, headers={"accept-language": language})
        assert words in answer.content.decode()


def test_somebody_switched_off_does_not_get_in(client, staff):
    staff("seller", username="anna", password=GOOD, is_active=False)
    client.post("/login/", {"username": "anna", "password": GOOD})
    assert "_auth_user_id" not in client.session


def test_too_many_attempts_lock_the_name_for_a_while(client, staff):
    staff("seller", username="anna", password=GOOD)
    for _attempt in range(8):
        client.post("/login/", {"username": "anna", "password": "wrong"})
    answer = client.post("/login/", {"username": "anna", "password": GOOD})
    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_the_way_back_after_the_log_in_stays_on_this_host(client, staff):
    staff("seller", username="anna", password=GOOD)
    answer = client.post(
        "/login/?next=//evil.example", {"username": "anna", "password": GOOD, "next": "//evil.example"}
    )
    assert answer["Location"] == "/"


def test_log_out_is_a_post(login, seller):
    browser = login(seller)
    assert browser.get("/logout/").status_code == 405
    assert "_auth_user_id" in browser.session
    browser.post("/logout/")
    assert "_auth_user_id" not in browser.session


def test_the_invited_person_sets_a_password_and_is_in(client):
    owner = invite_owner(email="anna@example.com", name="Анна")
    path = invitation_path(owner)
    assert "Анна" in client.get(path).content.decode()
    answer = client.post(path, {"password1": GOOD, "password2": GOOD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(owner.pk)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(("first", "second"), [("", ""), (GOOD, "other"), ("1234567890", "1234567890"), ("a", "a")])
def test_a_password_that_does_not_do_is_refused_and_nothing_is_set(client, first, second):
    owner = invite_owner(email="anna@example.com")
    answer = client.post(invitation_path(owner), {"password1": first, "password2": second})
    assert answer.status_code == 422
    owner.refresh_from_db()
    assert not owner.has_usable_password()
    assert "_auth_user_id" not in client.session


def test_a_link_of_another_shop_is_not_valid_here(client, other_shop):
    from core.tenancy import in_schema

    with in_schema("tulip"):
        path = invitation_path(invite_owner(email="anna@example.com"))
    answer = client.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert "no longer valid" in answer.content.decode()


def test_the_profile_keeps_name_language_and_look(login, seller):
    browser = login(seller)
    answer = browser.post("/profile/", {"name": " Мария  Ким ", "language": "ru", "theme": "dark"}, follow=True)
    seller.refresh_from_db()
    assert (seller.name, seller.language, seller.theme) == ("Мария Ким", "ru", "dark")
    page = answer.content.decode()
    assert "Профиль сохранён." in page
    assert 'data-theme="dark"' in page


@pytest.mark.parametrize(
    "data",
    [
        {"name": "x", "language": "de", "theme": "dark"},
        {"name": "x", "language": "ru", "theme": "pink"},
        {"name": "x" * 121, "language": "ru", "theme": "dark"},
        {"name": "a\x00b", "language": "ru", "theme": "dark"},
        {},
    ],
)
def test_a_bad_profile_is_refused_and_nothing_changes(login, seller, data):
    answer = login(seller).post("/profile/", data)
    assert answer.status_code == 422
    seller.refresh_from_db()
    assert (seller.name, seller.language, seller.theme) == ("", "en", "auto")


def test_nobody_changes_the_role_through_the_profile(login, seller):
    login(seller).post("/profile/", {"name": "", "language": "ru", "theme": "auto", "role": "owner", "is_superuser": 1})
    seller.refresh_from_db()
    assert (seller.role, seller.is_superuser) == ("seller", False)


def test_a_password_is_changed_by_who_knows_the_old_one(login, staff, shop):
    user = staff("seller", password=GOOD)
    browser = login(user)
    wrong = {"old_password": "x", "new_password1": "peony-and-7", "new_password2": "peony-and-7"}
    assert browser.post("/profile/password/", wrong).status_code == 422
    assert User.objects.get(pk=user.pk).check_password(GOOD)
    browser.post("/profile/password/", {**wrong, "old_password": GOOD})
    assert User.objects.get(pk=user.pk).check_password("peony-and-7")


@pytest.mark.parametrize("path", ["/", "/profile/", "/profile/password/"])
def test_pages_of_people_want_a_log_in(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")


def test_user_names_and_e_mails_are_unique_in_any_case(staff, shop):
    staff("seller", username="anna", email="anna@example.com")
    for fields in ({"username": "ANNA", "email": ""}, {"username": "b", "email": "ANNA@example.com"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            staff("seller", **fields)
    staff("seller", username="c", email="")
    staff("seller", username="d", email="")


def reset_path(mail):
    return re.search(r"http://\S+?(/new-password/\S+)", mail.body).group(1)


FORGOTTEN = {
    "en": ("A new password for Роза", "no longer valid"),
    "ru": ("Новый пароль — Роза", "больше не действует"),
}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_whoever_forgot_the_password_gets_a_link_that_works_once(client, staff, login, mails, language):
    subject, refusal = FORGOTTEN[language]
    user = staff("seller", email="anna@example.com", language=language)
    elsewhere = login(user)
    assert client.post("/new-password/", {"email": "ANNA@example.com"}).status_code == 200
    [mail] = mails()
    assert (mail.subject, mail.to) == (subject, ["anna@example.com"])
    path = reset_path(mail)
    before = user.password
    answer = client.post(path, {"password1": "short", "password2": "short"})
    assert answer.status_code == 422
    user.refresh_from_db()
    assert user.password == before
    answer = client.post(path, {"password1": "peony-and-sage-9", "password2": "peony-and-sage-9"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    user.refresh_from_db()
    assert user.check_password("peony-and-sage-9")
    assert elsewhere.get("/profile/").status_code == 302, "the old password's sessions are out"
    spent = client.get(path)
    assert spent.status_code == 404
    assert refusal in spent.content.decode()


def test_neither_answer_nor_work_tells_whether_an_e_mail_is_known(client, staff, mailoutbox, do_jobs):
    staff("seller", email="anna@example.com")
    staff("seller", email="gone@example.com", is_active=False)
    client.post("/new-password/", {"email": "first@example.com"})  # the address is counted for the first time
    seen = []
    for email in ("anna@example.com", "gone@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as statements:
            page = client.post("/new-password/", {"email": email}).content.decode().replace(email, "X")
        asked = [re.sub(r"'[^']*'(::\w+)?|\b\d+\b", "?", statement["sql"]) for statement in statements]
        seen.append((re.sub(r'value="\S{64}"', "", page), asked))
    assert mailoutbox == [], "nothing is sent while somebody waits"
    assert seen[0] == seen[1] == seen[2]
    assert not [sql for sql in seen[0][1] if "accounts_user" in sql]
    assert do_jobs() == 4
    assert [mail.to for mail in mailoutbox] == [["anna@example.com"]]


def test_no_link_lies_in_the_table_of_jobs(client, staff, do_jobs, mailoutbox):
    staff("seller", email="anna@example.com")
    client.post("/new-password/", {"email": "anna@example.com"})
    invite_owner(email="ivan@example.com")
    do_jobs()
    links = [re.search(r"http://\S+/(\S+)/", mail.body)[1] for mail in mailoutbox]
    rows = str(list(DBTaskResult.objects.values()))
    assert len(links) == 2
    assert not [token for token in links if token in rows]


def test_a_mail_that_failed_is_sent_by_the_next_try(client, staff, monkeypatch, mailoutbox, do_jobs):
    staff("seller", email="anna@example.com")
    client.post("/new-password/", {"email": "anna@example.com"})

    def fails(**kwargs):
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as broken:
        broken.setattr("accounts.jobs.send_mail", fails)
        assert perform(claim("test")) is Outcome.AGAIN
    assert mailoutbox == []
    assert do_jobs() == 0, "not yet"
    DBTaskResult.objects.update(run_after=timezone.now())
    assert do_jobs() == 1
    assert len(mailoutbox) == 1


def test_one_mail_in_five_minutes(client, staff, mailoutbox, do_jobs):
    staff("seller", email="anna@example.com")
    for _time in range(3):
        client.post("/new-password/", {"email": "anna@example.com"})
    assert do_jobs() == 3
    assert len(mailoutbox) == 1


def test_whoever_never_set_a_password_is_invited_again(client, mails):
    owner = invite_owner(email="anna@example.com", name="Анна")
    mails().clear()
    client.post("/new-password/", {"email": "anna@example.com"})
    assert "/invitation/" in mails()[0].body
    assert not owner.has_usable_password()


def test_a_link_for_a_forgotten_password_lives_a_day_and_is_no_invitation(client, staff, monkeypatch):
    from datetime import datetime, timedelta

    user = staff("seller")
    path = forgotten_path(user)
    assert client.get(path).status_code == 200
    assert client.get(path.replace("/new-password/", "/invitation/")).status_code == 404
    assert client.get(invitation_path(user).replace("/invitation/", "/new-password/")).status_code == 404
    later = datetime.now() + timedelta(hours=25)  # noqa: DTZ005 - as the token generator of Django counts
    monkeypatch.setattr("accounts.invitations.ForgottenTokens._now", lambda self: later)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("email", ["", "no e-mail", "x" * 300 + "@example.com", "a\x00@example.com"])
def test_what_is_no_e_mail_is_refused_beside_the_field(client, mailoutbox, email):
    answer = client.post("/new-password/", {"email": email}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert mailoutbox == []
