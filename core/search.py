"""Search everywhere: every app registers what it can find, a page or the palette asks for all of it at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Func, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, Lower, Replace

from core.access import may
from core.search_text import FOLDED_INTO, FOLDED_LETTERS, SearchQuery, read_search
from core.text import clean_text

LONGEST = 100
ROWS = 8
GROUPS = 5
FEW = 3  # with fewer hits than this, what another layout or alphabet means is shown as well


@dataclass(frozen=True)
class Hit:
    """One thing found. `reading` is the number of the query's reading that found it, 0 for what was typed; `keys` are
    the keys that lead there as well."""

    title: str
    note: str
    url: str
    icon: str
    reading: int = 0
    keys: str = ""


@dataclass(frozen=True)
class Provider:
    """What an app can find. `find(query, user, limit)` answers at most `limit` hits, best first, in one
    or two statements; only who has `right` is shown them. Groups stand in the order of `place`."""

    key: str
    label: Any
    right: str
    place: int
    find: Callable[[SearchQuery, Any, int], Sequence[Hit]]


@dataclass(frozen=True)
class Group:
    """The hits of one provider."""

    key: str
    label: Any
    hits: Sequence[Hit]


@dataclass(frozen=True)
class Found:
    """What a search found. `shown_for` is the other reading of the text whose hits are among them, or empty."""

    query: SearchQuery
    groups: Sequence[Group] = ()
    shown_for: str = ""

    @property
    def count(self) -> int:
        return sum(len(group.hits) for group in self.groups)


_providers: dict[str, Provider] = {}


def register(provider: Provider) -> None:
    """Called once by an app when it starts."""
    _providers[provider.key] = provider


def search(text: str, user: Any) -> Found:
    """Everything that `text` may mean and `user` may see. Raises BadInput for a text that nobody can have typed."""
    query = read_search(clean_text(text, max_length=LONGEST))
    if query.is_too_short:
        return Found(query)
    open_to_user = [provider for provider in _providers.values() if may(user, provider.right)]
    groups = [
        Group(provider.key, provider.label, list(provider.find(query, user, ROWS)))
        for provider in sorted(open_to_user, key=lambda provider: provider.place)
    ]
    return _with_fallback(Found(query, groups))


def _with_fallback(found: Found) -> Found:
    """Keep what was found as typed and, when that is too little, the hits of the first other reading that has any."""
    hits = [hit for group in found.groups for hit in group.hits]
    others = {hit.reading for hit in hits if hit.reading}
    as_typed = sum(1 for hit in hits if not hit.reading)
    shown = {0} if as_typed >= FEW or not others else {0, min(others)}
    groups = [
        replace(group, hits=kept) for group in found.groups if (kept := [h for h in group.hits if h.reading in shown])
    ]
    other = max(shown)
    shown_for = found.query.readings[other].text if other else ""
    return replace(found, groups=groups[:GROUPS], shown_for=shown_for)


def matching(rows: QuerySet[Any], query: SearchQuery, *columns: str) -> QuerySet[Any]:
    """The rows with every word of some reading in the `columns`, and the number of the first such reading as `reading`.

    A scan, and meant so: 20,000 names are read within some 20 ms. What costs is folding, therefore every row is first
    folded once and compared with one word of each reading; only what passes is looked at closely.
    """
    text = Concat(*_between(columns)) if len(columns) > 1 else columns[0]
    rows = rows.alias(folded=folded(text))
    conditions = []
    for reading in query.readings:
        condition = Q()
        for word in reading.words:
            condition &= Q(folded__contains=word)
        conditions.append(condition)
    rows = rows.filter(LikeAny(folded(text), [max(reading.words, key=len) for reading in query.readings]))
    if any(len(reading.words) > 1 for reading in query.readings):
        any_of_them = Q()
        for condition in conditions:
            any_of_them |= condition
        rows = rows.filter(any_of_them)
    # What fits none of the others fits the last: every row that is left fits one.
    ranks = [When(condition, then=Value(number)) for number, condition in enumerate(conditions[:-1])]
    last = Cast(Value(len(conditions) - 1), IntegerField())  # a bare number to order by would be that of a column
    return rows.annotate(reading=Case(*ranks, default=last, output_field=IntegerField()))


class LikeAny(Func):
    """Whether a text contains one of `words`, computing the text once."""

    arg_joiner = " LIKE ANY ("
    template = "(%(expressions)s))"
    output_field = BooleanField()

    def __init__(self, text: Any, words: Sequence[str]) -> None:
        patterns = [f"%{connection.ops.prep_for_like_query(word)}%" for word in words]
        super().__init__(text, Value(patterns))


def _between(columns: Sequence[str]) -> list[Any]:
    """The columns with a blank between, so that no word is found across two of them."""
    parts: list[Any] = [columns[0]]
    for column in columns[1:]:
        parts += [Value(" "), column]
    return parts


def folded(text: Any) -> Func:
    """A column or expression folded in the database as `core.search_text.fold` folds in Python. One `replace` for each
    letter: together they take a third of the time of one `translate`, which goes letter by letter."""
    found: Func = Lower(text)
    for place, letter in enumerate(FOLDED_LETTERS):
        found = Replace(found, Value(letter), Value(FOLDED_INTO[place : place + 1]))
    return found
