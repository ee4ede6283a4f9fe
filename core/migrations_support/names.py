"""What indexes, keys, checks and sequences of a table are called, and would be called were the table's name another.

Nobody wrote most of these names: Django made them out of table and column, PostgreSQL those that Django leaves to it. A
name that follows none of their rules was written by somebody and stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Index

LONGEST = 63  # bytes of a name in PostgreSQL
FOREIGN_KEY = "_fk_%s_%s"
# Endings that Django gives to names of its own making.
_DJANGO = ("", "_uniq", "_like", "_idx", "_check")
# Endings that PostgreSQL gives; of several on the same columns all but the first are numbered.
_POSTGRES = ("pkey", "key", "idx", "check", "excl", "fkey", "not_null", "seq")
_NUMBERS = ("", *map(str, range(1, 10)))


@dataclass(frozen=True)
class Named:
    """Something with a name: `kind` is index, constraint or sequence. `table` it hangs on, `columns` it is about, and
    where a foreign key leads to."""

    kind: str
    name: str
    table: str
    columns: tuple[str, ...]
    target: str = ""
    target_column: str = ""


def named_things(cursor: Any, tables: Sequence[str]) -> list[Named]:
    """Everything with a name of its own on these tables of the current schema, and the foreign keys that lead to them."""
    cursor.execute(
        """
        WITH asked AS (SELECT c.oid, c.relname FROM unnest(%s) AS t(name)
                         JOIN pg_catalog.pg_class c ON c.oid = to_regclass(quote_ident(t.name)) AND c.relkind IN ('r', 'p'))
        SELECT CASE WHEN o.conindid <> 0 AND o.contype <> 'f' THEN 'index' ELSE 'constraint' END, o.conname,
               r.relname, coalesce(columns.names, '{}'), coalesce(t.relname, ''), coalesce(tc.attname, '')
          FROM pg_catalog.pg_constraint o
          JOIN pg_catalog.pg_class r ON r.oid = o.conrelid
          LEFT JOIN pg_catalog.pg_class t ON t.oid = o.confrelid
          LEFT JOIN pg_catalog.pg_attribute tc ON tc.attrelid = o.confrelid AND tc.attnum = o.confkey[1]
          LEFT JOIN LATERAL (SELECT array_agg(a.attname::text ORDER BY k.at) AS names
                               FROM unnest(o.conkey) WITH ORDINALITY AS k(number, at)
                               JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number) columns
            ON true
         WHERE (o.conrelid IN (SELECT oid FROM asked) OR o.confrelid IN (SELECT oid FROM asked))
           AND o.contype IN ('p', 'u', 'x', 'c', 'f', 'n') AND o.conparentid = 0
        UNION ALL
        SELECT 'index', c.relname, asked.relname, coalesce(columns.names, '{}'), '', ''
          FROM asked
          JOIN pg_catalog.pg_index i ON i.indrelid = asked.oid
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          LEFT JOIN LATERAL (SELECT array_agg(a.attname::text ORDER BY k.at) AS names
                               FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(number, at)
                               JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) columns
            ON true
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o
                            WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x'))
        UNION ALL
        SELECT 'sequence', s.relname, asked.relname, ARRAY[a.attname::text], '', ''
          FROM asked
          JOIN pg_catalog.pg_depend d ON d.refobjid = asked.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
           AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
          JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
          JOIN pg_catalog.pg_attribute a ON a.attrelid = asked.oid AND a.attnum = d.refobjsubid
         ORDER BY 3, 1, 2
        """,
        [list(tables)],
    )
    return [
        Named(kind, name, table, tuple(columns), to, at) for kind, name, table, columns, to, at in cursor.fetchall()
    ]


def new_names(
    schema_editor: BaseDatabaseSchemaEditor,
    things: Sequence[Named],
    tables: Mapping[str, str],
    *,
    given: Mapping[str, str],
) -> list[tuple[Named, str]]:
    """What is called otherwise once `tables` (old name -> new name) are renamed, and how; `given` are decided already."""
    found = []
    for thing in things:
        if thing.name in given:
            found.append((thing, given[thing.name]))
            continue
        here, there = tables.get(thing.table, thing.table), tables.get(thing.target, thing.target)
        before = _possible(schema_editor, thing, thing.table, thing.target)
        after = _possible(schema_editor, thing, here, there)
        name = next((new for old, new in zip(before, after, strict=True) if old == thing.name), thing.name)
        if name != thing.name:
            found.append((thing, name))
    return found


def rename_statement(schema_editor: BaseDatabaseSchemaEditor, thing: Named, *, table: str, name: str) -> str:
    """The statement that gives `thing`, on `table` by now, this name."""
    old, new = schema_editor.quote_name(thing.name), schema_editor.quote_name(name)
    if thing.kind == "constraint":
        return f"ALTER TABLE {schema_editor.quote_name(table)} RENAME CONSTRAINT {old} TO {new}"
    return f"ALTER {thing.kind.upper()} {old} RENAME TO {new}"


def foreign_key_name(
    schema_editor: BaseDatabaseSchemaEditor, table: str, column: str, target: str, target_column: str
) -> str:
    """What Django calls the foreign key from this column."""
    return django_name(schema_editor, table, [column], FOREIGN_KEY % (target, target_column))


def django_name(schema_editor: BaseDatabaseSchemaEditor, table: str, columns: Sequence[str], ending: str) -> str:
    """Table, columns, digest and ending, as Django's schema editor puts them together."""
    name: str = schema_editor._create_index_name(table, columns, suffix=ending)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
    return name


def automatic_index_name(model: Any, index: Index) -> str:
    """What Django calls this index of the model when its Meta gives no name."""
    unnamed = index.clone()
    unnamed.name = ""
    unnamed.set_name_with_model(model)
    return unnamed.name


def postgres_name(table: str, column: str, ending: str) -> str:
    """Table, column and ending, as PostgreSQL puts them together: of the first two the longer one is cut."""
    room = LONGEST - len(ending) - 1 - bool(column)
    while len(table.encode()) + len(column.encode()) > room:
        if len(table.encode()) > len(column.encode()):
            table = table[:-1]
        else:
            column = column[:-1]
    return "_".join(part for part in (table, column, ending) if part)


def _possible(schema_editor: BaseDatabaseSchemaEditor, thing: Named, table: str, target: str) -> Iterator[str]:
    """All names that Django and PostgreSQL may have given, in an order that depends on `thing` alone."""
    if thing.columns:
        if target:
            yield foreign_key_name(schema_editor, table, thing.columns[0], target, thing.target_column)
        for ending in _DJANGO:
            yield django_name(schema_editor, table, thing.columns, ending)
    for ending in _POSTGRES:
        for number in _NUMBERS:
            yield postgres_name(table, "" if ending == "pkey" else "_".join(thing.columns), ending + number)
