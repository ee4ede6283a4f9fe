"""Operations that several apps' migrations share."""

from django.conf import settings
from django.db.migrations import RunSQL
from django.db.migrations.operations.base import Operation


def guard_trigger(
    name: str,
    *,
    table: str,
    when: str,
    each: str,
    message: str,
    condition: str = "",
    deferred: bool = False,
    unless: str = "",
) -> list[Operation]:
    """A trigger that only refuses: a second line of defence, nothing depends on it being there.

    `condition` decides whether it is queued. `unless` is a query that lets the row pass after all: `%I` stands for the
    table's schema (a deferred trigger runs when the connection may be elsewhere), `$1` for the row's id. `GUARD_TRIGGERS = False` in the settings leaves
    them out, for servers that do not run triggers on sharded tables.
    """
    if not getattr(settings, "GUARD_TRIGGERS", True):
        return []
    refusal = f"raise exception '{message}' using errcode = 'integrity_constraint_violation';"
    body = f"begin {refusal} return null; end"
    if unless:
        body = (
            f"declare passes boolean; begin execute format('{unless}', tg_table_schema) into passes using new.id;"
            f" if not coalesce(passes, true) then {refusal} end if; return null; end"
        )
    kind = "constraint trigger" if deferred else "trigger"
    timing = " deferrable initially deferred" if deferred else ""
    only = f" when ({condition})" if condition else ""
    function = f"create function {name}() returns trigger language plpgsql as $$ {body} $$"
    trigger = f"create {kind} {name} {when} on {table}{timing} for each {each}{only} execute function {name}()"
    return [
        RunSQL([function], [f"drop function {name}()"]),
        RunSQL([trigger], [f"drop trigger {name} on {table}"]),
    ]
