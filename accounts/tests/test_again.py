"""The log-in inside a page whose session has ended."""

import pytest

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("path", ["/orders/", "/search/?q=1", "/stock/"])
def test_htmx_without_a_session_is_answered_401_and_a_browser_goes_to_the_log_in(client, path):
    answer = client.get(path, headers=HTMX)
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (401, b"", "no-store")
    assert client.get(path).status_code == 302


def test_the_form_for_the_dialog_knows_who_was_in(client):
    answer = client.get("/login/?who=anna", headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert 'value="anna"' in page
    assert 'id="again_username"' in page


def test_a_right_password_says_who_is_in_and_a_wrong_one_is_refused_there(client, staff, shop):
    anna = staff("seller", username="anna")
    wrong = client.post("/login/", {"username": "anna", "password": "x"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    assert "_auth_user_id" not in client.session
    right = client.post("/login/", {"username": "anna", "password": "iris-and-lily-7"}, headers=HTMX)
    assert right.status_code == 204
    assert right["HX-Trigger"] == f'{{"florist:in-again": {{"user": "{anna.pk}"}}}}'
    assert client.session["_auth_user_id"] == str(anna.pk)
    assert client.get("/login/", headers=HTMX)["HX-Trigger"] == right["HX-Trigger"], "in another window, meanwhile"
