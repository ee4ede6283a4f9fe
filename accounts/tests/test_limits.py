"""How often the doors that stand open to everybody may be tried."""

import datetime

import pytest
from django.test import RequestFactory

from accounts.models import Attempt
from accounts.services.limits import Limit, TooOften, count_attempt, forget_attempts
from core.tenancy import in_schema
from core.visitors import address_of, household_of

LIMIT = Limit("test", 3, 600)
NOW = datetime.datetime(2026, 11, 21, 12, 4, tzinfo=datetime.UTC)


def test_a_window_holds_so_many_attempts_and_the_next_begins_anew(shop):
    for _attempt in range(3):
        count_attempt(LIMIT, "a", now=NOW)
    with pytest.raises(TooOften) as refusal:
        count_attempt(LIMIT, "a", now=NOW)
    assert str(refusal.value) == "Too many attempts in a short time. Nothing was done: wait 6 minutes and try again."
    assert refusal.value.data == {"seconds": 360}
    count_attempt(LIMIT, "b", now=NOW)
    count_attempt(Limit("other", 1, 600), "a", now=NOW)
    count_attempt(LIMIT, "a", now=NOW + datetime.timedelta(minutes=6))
    assert Attempt.objects.filter(scope="test").count() == 1, "what is over is forgotten"


def test_who_was_right_begins_anew(shop):
    for _attempt in range(3):
        count_attempt(LIMIT, "a", now=NOW)
    forget_attempts(LIMIT, "a")
    count_attempt(LIMIT, "a", now=NOW)


def test_a_neighbours_visitors_do_not_count_here_and_nobodys_address_is_kept(shop, other_shop):
    for _attempt in range(3):
        count_attempt(LIMIT, "10.0.0.1", now=NOW)
    with in_schema("tulip"):
        count_attempt(LIMIT, "10.0.0.1", now=NOW)
        [there] = Attempt.objects.values_list("who", flat=True)
    [here] = Attempt.objects.values_list("who", flat=True)
    assert here != there
    assert "10.0" not in here + there


@pytest.mark.race
def test_threads_count_together(committed_shop, in_threads):
    outcomes = in_threads(6, lambda number: count_attempt(LIMIT, "a", now=NOW))
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType"] * 3 + ["TooOften"] * 3


@pytest.mark.parametrize(
    ("proxies", "passed", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "", "9.9.9.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "9.9.9.9"),
    ],
)
def test_an_address_is_believed_from_our_own_proxies_alone(settings, proxies, passed, address):
    settings.PROXIES = proxies
    headers = {"x-forwarded-for": passed} if passed else {}
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="9.9.9.9", headers=headers)) == address


@pytest.mark.parametrize(
    ("address", "household"),
    [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", ""), ("unix:", "unix:")],
)
def test_the_newer_addresses_count_by_household(address, household):
    assert household_of(RequestFactory().get("/", REMOTE_ADDR=address)) == household
