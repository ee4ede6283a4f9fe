"""Two changes of one thing put together."""

from hypothesis import given
from hypothesis import strategies as st

from core.merging import merge

CONTENT = st.fixed_dictionaries({name: st.integers(0, 2) for name in "abcd"})


@given(CONTENT, CONTENT, CONTENT)
def test_every_field_is_mine_theirs_or_asked_about(base, mine, theirs):
    both = merge(base, mine, theirs)
    for name in base:
        if mine[name] == theirs[name]:
            assert both.values[name] == mine[name]
        elif base[name] == mine[name]:
            assert (both.values[name], name in both.taken) == (theirs[name], True)
        elif base[name] == theirs[name]:
            assert both.values[name] == mine[name]
        else:
            assert (both.values[name], name in both.clashes) == (mine[name], True)
    assert not set(both.taken) & set(both.clashes)
    asked = {name for name in base if len({base[name], mine[name], theirs[name]}) == 3}
    assert set(both.clashes) == asked


@given(CONTENT, CONTENT)
def test_without_a_base_every_difference_is_asked_about(mine, theirs):
    assert merge(None, mine, theirs).clashes == [name for name in mine if mine[name] != theirs[name]]


@given(CONTENT, CONTENT)
def test_who_changed_nothing_takes_everything(base, theirs):
    assert merge(base, base, theirs).values == theirs
    assert merge(base, theirs, base).values == theirs
