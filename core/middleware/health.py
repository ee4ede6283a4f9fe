"""Answers that must work when little else does: health checks, and the page while the database is away."""

import logging
import sys
from collections.abc import Callable

from django.core.signals import got_request_exception
from django.db import Error, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
Answer = Callable[[HttpRequest], HttpResponse]
RETRY_AFTER_SECONDS = 5

# Self-contained: no template, no static file, no session, no translation has to be loaded for it.
DATABASE_GONE_PAGE = """<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="10">
<title>Скоро вернёмся · Back in a moment</title>
</head>
<body>
<main>
<h1>База данных не отвечает</h1>
<p>Ничего не пропало. Последнее действие могло не сохраниться: когда страница откроется снова, проверьте его.
Подождите немного и обновите страницу.</p>
<p><a href="">Обновить страницу</a></p>
<hr>
<div lang="en">
<h2>The database does not answer</h2>
<p>Nothing is lost. Your last action may not have been saved: check it when the page opens again.
Wait a moment and reload the page.</p>
<p><a href="">Reload the page</a></p>
</div>
</main>
</body>
</html>
"""


class HealthMiddleware:
    """Answer /healthz (the process lives) and /readyz (the database answers) for any host, before anything else.

    Probes come with an address instead of a name, so this stands before the shop is looked up.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, pass everything else on."""
        if request.path == "/healthz":
            return _plain("ok\n", 200)
        if request.path == "/readyz":
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except Error as error:
                logger.warning("not ready: %s", error)
                connection.close()
                return _plain("database does not answer\n", 503)
            return _plain("ready\n", 200)
        return self.get_response(request)


class DatabaseGoneMiddleware:
    """Turn a lost or refused database connection into a calm 503 page; the next request tries afresh.

    Only the connection counts. A statement that failed on a living connection (a lock that was not free, a deadlock,
    a time limit) has a code from the server and is somebody else's to explain.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        # Django answers 500 around every single middleware, so what the look-up of the shop or the session meets
        # never arrives here as an exception: the signal is how one hears of it.
        got_request_exception.connect(_note_connection_loss, dispatch_uid="core.middleware.health")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; replace the 500 that a middleware below got for a lost connection."""
        response = self.get_response(request)
        return _database_gone() if getattr(request, LOST, False) else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Catch what the view meets."""
        if not is_connection_loss(exception):
            return None
        logger.error("the database does not answer: %s", str(exception).strip())
        return _database_gone()


LOST = "_database_connection_lost"


def _note_connection_loss(sender: object, request: HttpRequest | None = None, **kwargs: object) -> None:
    error = sys.exc_info()[1]
    if request is not None and error is not None and is_connection_loss(error):
        setattr(request, LOST, True)


def _database_gone() -> HttpResponse:
    connection.close()
    response = HttpResponse(DATABASE_GONE_PAGE, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def is_connection_loss(error: BaseException) -> bool:
    """Whether a database error means that there is no connection (any more), not that a statement failed.

    Losing it shows in three ways: no code at all (refused, reset), class 08 (connection), class 57P (the server is
    shutting down, starting or was told to end the session). 53300 is a server that has no connection left to give.
    """
    if isinstance(error, InterfaceError):
        return "connection" in str(error)
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(("08", "57P")) or code == "53300"


def _plain(text: str, status: int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
