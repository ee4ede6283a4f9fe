"""The second factor: on, at the log-in, on paper, off, demanded, lost."""

import re
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.invitations import forgotten_path
from accounts.models import Attempt, User
from accounts.services import second_factor as service
from accounts.services.second_factor import WrongCode, check_code, demand_of_owners, fresh_paper, new_key, switch_on
from conftest import ShopBrowser
from core.errors import BadInput, NotAllowed
from core.flags import OWNERS_SECOND_FACTOR, has_flag
from core.tenancy import in_public, in_schema

PASSWORD = "iris-and-lily-7"
HTMX = {"HX-Request": "true"}


def code_of(key, *, steps=0):
    return f"{totp(bytes.fromhex(key), drift=steps):06d}"


@pytest.fixture
def secured(staff, shop):
    """A seller with a second factor: the person, the key, the codes on paper."""
    return secure(staff("seller", username="anna"))


def secure(user):
    from django.utils import timezone

    key = new_key()
    # The code of the step before: the one of now is still good for the log-in that follows.
    paper = switch_on(user=user, key=key, code=code_of(key, steps=-1), now=timezone.now())
    return user, key, paper


def with_password(client, **data):
    return client.post("/login/", {"username": "anna", "password": PASSWORD, **data})


def is_in(browser):
    return "_auth_user_id" in browser.session


# --- switching on ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_is_switched_on_by_the_first_code_and_the_paper_is_shown_once(login, staff, mails, language):
    user = staff("seller", language=language)
    browser, elsewhere = login(user), login(user)
    page = browser.get("/profile/second-factor/on/")
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    key = unsealed(browser, text)
    assert service.key_for_people(key) in text
    assert "<svg" in text
    sealed = re.search(r'name="key" value="([^"]+)"', text)[1]
    answer = browser.post("/profile/second-factor/on/", {"code": code_of(key), "key": sealed})
    assert answer.status_code == 200
    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", answer.content.decode())
    assert len(set(codes)) == 10
    user.refresh_from_db()
    assert user.second_factor_at is not None
    assert browser.get("/profile/").status_code == 200, "who switched it on stays in"
    assert elsewhere.get("/profile/").status_code == 302, "who was in by the password alone is out"
    assert codes[0] not in browser.get("/profile/second-factor/").content.decode()
    assert browser.get("/profile/second-factor/on/").status_code == 302, "the key is not shown again"
    assert not StaticToken.objects.filter(token__in=[code.replace("-", "") for code in codes]).exists(), "hashes only"
    [mail] = mails()
    assert {"en": "switched on", "ru": "включён"}[language] in mail.body


def unsealed(browser, text):
    from core.sealing import unseal

    user = browser.session["_auth_user_id"]
    return unseal(re.search(r'name="key" value="([^"]+)"', text)[1], purpose=f"accounts.new_key:{user}")


@pytest.mark.parametrize("code", ["000000", "", "1", "abc", "12345678901234567890", "x" * 31, "１２３４５６"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_wrong_first_code_is_refused_and_nothing_is_stored(login, staff, code, language):
    user = staff("seller", language=language)
    browser = login(user)
    sealed = re.search(r'name="key" value="([^"]+)"', browser.get("/profile/second-factor/on/").content.decode())[1]
    answer = browser.post("/profile/second-factor/on/", {"code": code, "key": sealed})
    assert answer.status_code == 422
    page = answer.content.decode()
    if len(code) in range(1, 31):
        assert {"en": "This code does not fit.", "ru": "Этот код не подходит."}[language] in page
    assert f'value="{sealed.split(":")[0]}' in page, "the same square, the app is set up already"
    user.refresh_from_db()
    assert user.second_factor_at is None
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()


def test_a_key_that_was_not_made_here_for_this_person_is_not_taken(login, staff, seller):
    from core.sealing import seal

    other = staff("florist")
    key = new_key()
    for foreign in (key, seal(key, purpose=f"accounts.new_key:{other.pk}"), seal(key, purpose="x")):
        browser = login(seller)
        answer = browser.post("/profile/second-factor/on/", {"code": code_of(key), "key": foreign})
        assert answer.status_code == 422
    assert not TOTPDevice.objects.exists()


# --- the log-in ------------------------------------------------------------------------------------------------------


def test_after_the_password_comes_the_code_and_only_then_one_is_in(client, secured):
    user, key, _paper = secured
    answer = with_password(client, next="/orders/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/code/")
    assert not is_in(client)
    for path in ("/", "/profile/", "/orders/", "/admin/"):
        assert client.get(path).status_code == 302
    answer = client.post("/login/code/", {"code": code_of(key)})
    assert (answer.status_code, answer["Location"]) == (302, "/orders/")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize(("language", "words"), [("en", "This code does not fit."), ("ru", "Этот код не подходит.")])
def test_a_wrong_code_is_refused(client, secured, language, words):
    with_password(client)
    for code in ("000000", "abcde-fghjk", "", "-"):
        answer = client.post("/login/code/", {"code": code}, headers={"accept-language": language})
        assert answer.status_code == 422
    assert words in client.post("/login/code/", {"code": "1"}, headers={"accept-language": language}).content.decode()
    assert not is_in(client)


def test_the_code_without_a_password_leads_to_the_log_in(client, secured):
    _user, key, _paper = secured
    assert client.get("/login/code/")["Location"] == "/login/"
    assert client.post("/login/code/", {"code": code_of(key)})["Location"] == "/login/"
    assert not is_in(client)


def test_five_wrong_codes_lock_the_second_step_for_a_while_whatever_browser_asks(client, shop, secured):
    _user, key, paper = secured
    with_password(client)
    for _attempt in range(5):
        client.post("/login/code/", {"code": "000000"})
    other = ShopBrowser(shop)
    with_password(other)
    for code in (code_of(key), paper[0]):
        answer = other.post("/login/code/", {"code": code}, headers={"accept-language": "en"})
        assert answer.status_code == 429
        assert "Too many attempts" in answer.content.decode()
    assert not is_in(other)
    assert StaticToken.objects.count() == 10


def test_one_code_opens_once(client, shop, secured):
    _user, key, _paper = secured
    code = code_of(key)
    with_password(client)
    client.post("/login/code/", {"code": code})
    assert is_in(client)
    other = ShopBrowser(shop)
    with_password(other)
    assert other.post("/login/code/", {"code": code}).status_code == 422
    assert not is_in(other)


def test_a_code_on_paper_opens_once(client, shop, secured):
    user, _key, paper = secured
    with_password(client)
    client.post("/login/code/", {"code": f" {paper[3].upper().replace('-', ' ')} "})
    assert is_in(client)
    assert service.paper_left(user) == 9
    other = ShopBrowser(shop)
    with_password(other)
    assert other.post("/login/code/", {"code": paper[3]}).status_code == 422
    assert other.post("/login/code/", {"code": paper[4]}).status_code == 302


def test_the_password_is_good_for_five_minutes_and_only_while_nothing_changed(client, secured, monkeypatch):
    user, key, _paper = secured
    with_password(client)
    user.set_password("another-one-9")
    user.save()
    assert client.post("/login/code/", {"code": code_of(key)})["Location"] == "/login/"
    client.post("/login/", {"username": "anna", "password": "another-one-9"})
    now = time.time()
    monkeypatch.setattr("accounts.views.entering.time.time", lambda: now + 301)
    assert client.get("/login/code/")["Location"] == "/login/"
    assert not is_in(client)


def test_a_link_to_a_new_password_does_not_go_round_it(client, secured):
    user, key, _paper = secured
    answer = client.post(forgotten_path(user), {"password1": "peony-and-sage-9", "password2": "peony-and-sage-9"})
    assert answer["Location"] == "/login/code/"
    assert not is_in(client)
    assert client.post("/login/code/", {"code": code_of(key)})["Location"] == "/"
    assert is_in(client)


def test_in_the_dialog_of_a_session_that_ended_the_code_is_asked_too(client, secured):
    user, key, _paper = secured
    answer = client.post("/login/", {"username": "anna", "password": PASSWORD}, headers=HTMX)
    assert answer["Location"] == "/login/code/"
    page = client.get("/login/code/", headers=HTMX).content.decode()
    assert "<html" not in page
    assert 'id="again_code"' in page
    assert client.post("/login/code/", {"code": "1"}, headers=HTMX).status_code == 422
    answer = client.post("/login/code/", {"code": code_of(key)}, headers=HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (204, f'{{"florist:in-again": {{"user": "{user.pk}"}}}}')


def test_it_costs_no_statement_on_a_page(login, secured, seller):
    user, _key, _paper = secured
    counts = []
    for person in (seller, user):
        browser = login(person)
        browser.get("/profile/")
        with CaptureQueriesContext(connection) as asked:
            browser.get("/profile/")
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


# --- off, new paper --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [("en", "This is not your password."), ("ru", "Это не ваш пароль.")])
@pytest.mark.parametrize("page", ["off", "codes"])
def test_what_takes_it_away_wants_the_password(login, secured, page, language, words):
    user, _key, _paper = secured
    user.language = language
    user.save()
    before = list(StaticToken.objects.values_list("pk", flat=True))
    browser = login(user)
    answer = browser.post(f"/profile/second-factor/{page}/", {"password": "wrong"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert list(StaticToken.objects.values_list("pk", flat=True)) == before
    user.refresh_from_db()
    assert user.second_factor_at is not None
    for _attempt in range(10):
        answer = browser.post(f"/profile/second-factor/{page}/", {"password": "wrong"})
    assert answer.status_code == 429


def test_it_is_switched_off_and_the_password_alone_opens_again(login, client, secured, mails):
    user, _key, _paper = secured
    browser, elsewhere = login(user), login(user)
    answer = browser.post("/profile/second-factor/off/", {"password": PASSWORD})
    assert answer["Location"] == "/profile/second-factor/"
    assert browser.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()
    assert "switched off" in mails()[-1].body
    assert with_password(client)["Location"] == "/"


def test_new_codes_make_the_old_ones_void(login, client, secured):
    user, _key, old = secured
    page = login(user).post("/profile/second-factor/codes/", {"password": PASSWORD}).content.decode()
    fresh = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page)
    assert len(fresh) == 10
    assert not set(fresh) & set(old)
    with_password(client)
    assert client.post("/login/code/", {"code": old[0]}).status_code == 422
    assert client.post("/login/code/", {"code": fresh[0]}).status_code == 302


def test_without_one_there_is_nothing_to_take_away(login, seller):
    for page in ("off", "codes"):
        assert login(seller).get(f"/profile/second-factor/{page}/")["Location"] == "/profile/second-factor/"
    with pytest.raises(BadInput):
        fresh_paper(user=seller, password=PASSWORD)


# --- demanded --------------------------------------------------------------------------------------------------------


def test_the_owner_asks_it_of_all_owners_and_nobody_else(login, staff, owner, seller):
    secure(owner)
    second = staff("owner")
    browser = login(owner)
    assert login(second).get("/orders/").status_code == 200
    browser.post("/profile/second-factor/owners/", {"wanted": "on"})
    led = login(second)
    answer = led.get("/orders/?q=1")
    assert (answer.status_code, answer["Location"]) == (302, "/profile/second-factor/on/?next=%2Forders%2F%3Fq%3D1")
    assert led.post("/orders/new/", {})["Location"] == "/profile/second-factor/on/"
    assert led.get("/admin/").status_code == 302
    assert led.get("/orders/", headers=HTMX)["HX-Redirect"] == "/profile/second-factor/on/"
    at_the_page = {**HTMX, "HX-Current-URL": "http://rose.localhost/profile/second-factor/on/?next=/orders/"}
    bell = led.get("/attention/bell/", headers=at_the_page)
    assert (bell.status_code, bell.get("HX-Redirect")) == (204, None), "the page is not loaded anew under the fingers"
    page = led.get("/profile/second-factor/on/?next=/orders/")
    assert page.status_code == 200
    assert led.post("/language/", {"language": "ru"}).status_code == 302
    text = page.content.decode()
    key, sealed = unsealed(led, text), re.search(r'name="key" value="([^"]+)"', text)[1]
    done = led.post("/profile/second-factor/on/?next=/orders/", {"code": code_of(key), "key": sealed})
    assert 'href="/orders/"' in done.content.decode()
    assert led.get("/orders/").status_code == 200
    assert browser.get("/orders/").status_code == 200
    assert login(seller).get("/orders/").status_code == 200
    browser.post("/profile/second-factor/owners/", {})
    assert login(staff("owner")).get("/orders/").status_code == 200


def test_who_has_none_does_not_ask_it_of_others(login, owner):
    answer = login(owner).post("/profile/second-factor/owners/", {"wanted": "on"}, follow=True)
    assert "Switch it on for yourself first" in answer.content.decode()
    assert not has_flag(OWNERS_SECOND_FACTOR)


def test_nobody_but_the_owner_sets_the_rule(login, manager, seller):
    for person in (manager, seller):
        assert login(person).post("/profile/second-factor/owners/", {"wanted": "on"}).status_code == 403
        assert "/profile/second-factor/owners/" not in login(person).get("/profile/second-factor/").content.decode()
        with pytest.raises(NotAllowed):
            demand_of_owners(wanted=True, by=person)
    assert not has_flag(OWNERS_SECOND_FACTOR)


@pytest.mark.parametrize(("language", "words"), [("en", "obligatory for you"), ("ru", "для вас обязателен")])
def test_what_is_demanded_is_not_switched_off(login, owner, language, words):
    secure(owner)
    owner.language = language
    owner.save()
    demand_of_owners(wanted=True, by=owner)
    answer = login(owner).post("/profile/second-factor/off/", {"password": PASSWORD})
    assert answer.status_code == 409
    assert words in answer.content.decode()
    owner.refresh_from_db()
    assert owner.second_factor_at is not None
    assert TOTPDevice.objects.exists()


def test_an_operator_enters_the_platform_with_it_only(platform_client, settings):
    settings.SECOND_FACTOR_FOR_PLATFORM = True
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", PASSWORD, language="en")
    platform_client.post("/login/", {"username": "boss", "password": PASSWORD})
    for path in ("/admin/", "/admin/customers/client/", "/profile/"):
        answer = platform_client.get(path)
        assert answer["Location"].startswith("/profile/second-factor/on/?next="), path
    text = platform_client.get("/profile/second-factor/on/?next=/admin/").content.decode()
    with in_public():
        from core.sealing import unseal

        sealed = re.search(r'name="key" value="([^"]+)"', text)[1]
        key = unseal(sealed, purpose=f"accounts.new_key:{boss.pk}")
    page = platform_client.post(
        "/profile/second-factor/on/?next=/admin/", {"code": code_of(key, steps=-1), "key": sealed}
    )
    assert 'href="/admin/"' in page.content.decode()
    assert platform_client.get("/admin/").status_code == 200
    again = ShopBrowser(platform_client.tenant)
    assert again.post("/login/", {"username": "boss", "password": PASSWORD})["Location"] == "/login/code/"
    assert again.get("/admin/").status_code == 302
    assert again.post("/login/code/", {"code": code_of(key)})["Location"] == "/admin/"
    assert again.get("/admin/").status_code == 200
    assert again.post("/profile/second-factor/off/", {"password": PASSWORD}).status_code == 409


def test_where_people_try_the_program_an_operator_needs_none(platform_client, settings):
    assert settings.SECOND_FACTOR_FOR_PLATFORM is False, "http, as dev.py runs it"
    with in_public():
        User.objects.create_superuser("boss", "boss@example.com", PASSWORD)
    assert platform_client.post("/login/", {"username": "boss", "password": PASSWORD})["Location"] == "/admin/"
    assert platform_client.get("/admin/").status_code == 200


# --- lost ------------------------------------------------------------------------------------------------------------


def test_an_operator_resets_what_was_lost(login, client, secured, capsys):
    user, _key, _paper = secured
    browser = login(user)
    call_command("reset_second_factor", "ANNA", "--schema=rose")
    user.refresh_from_db()
    assert user.second_factor_at is None
    assert not TOTPDevice.objects.exists()
    assert browser.get("/profile/").status_code == 302, "the sessions end"
    assert with_password(client)["Location"] == "/"
    call_command("reset_second_factor", "anna@example.com", "--schema=rose")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["The second factor of anna is off.", "anna has no second factor. Nothing was changed."]


def test_the_owner_takes_it_from_somebody_who_lost_the_phone_and_not_from_themselves(login, owner, manager, secured):
    user, _key, _paper = secured
    secure(owner)
    form = {"action": "take_away_second_factor", "_selected_action": [user.pk, owner.pk]}
    for person, left in ((manager, True), (owner, False)):
        login(person).post("/admin/accounts/user/", form, follow=True)
        user.refresh_from_db()
        assert (user.second_factor_at is not None) == left
    answer = login(owner).post("/admin/accounts/user/", form, follow=True)
    assert "Nothing was changed" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.second_factor_at is not None


@pytest.mark.parametrize(("name", "schema"), [("nobody", "rose"), ("anna", "tulip"), ("anna", "public"), ("anna", "1")])
def test_a_reset_of_nobody_changes_nothing(secured, name, schema, other_shop):
    user, _key, _paper = secured
    with pytest.raises(CommandError):
        call_command("reset_second_factor", name, f"--schema={schema}")
    user.refresh_from_db()
    assert user.second_factor_at is not None


def test_a_code_on_paper_is_bound_to_its_shop(secured, other_shop):
    """In a copied schema the rows of the paper are there, and none of its codes fits."""
    user, _key, paper = secured
    rows = list(StaticToken.objects.values_list("token", flat=True))
    with in_schema("tulip"):
        twin = User.objects.create_user("anna", "anna@example.com", PASSWORD, pk=user.pk)
        device = StaticDevice.objects.create(user=twin, name="paper")
        StaticToken.objects.bulk_create(StaticToken(device=device, token=token) for token in rows)
        with pytest.raises(WrongCode):
            check_code(user=twin, code=paper[0])
    check_code(user=user, code=paper[0])


@pytest.mark.race
def test_of_two_with_the_same_code_one_gets_in(committed_shop, in_threads, staff):
    user, key, paper = secure(staff("seller", username="anna"))
    for code in (code_of(key), paper[0]):
        outcomes = in_threads(4, lambda number, code=code: check_code(user=user, code=code))
        assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "WrongCode", "WrongCode", "WrongCode"]
    assert Attempt.objects.count() == 0
