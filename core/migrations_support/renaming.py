"""Giving a table its new name while the code of before goes on using the old one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AlterModelTable
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState

from core.migrations_support.locks import take_tables
from core.migrations_support.names import automatic_index_name, named_things, new_names, rename_statement


class RenameTable(AlterModelTable):
    """AlterModelTable under a lock that keeps nobody waiting long, with all names that follow the table's, and a view
    under each old name.

    The views take SELECT (FOR UPDATE too), INSERT with RETURNING and ON CONFLICT, UPDATE and DELETE. They take no TRUNCATE,
    no LOCK TABLE meant for the rows' table, and no new foreign key. Backwards the old code must be running again, and the
    new one no more: there is no view under the new name.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        before, after = from_state.apps.get_model(app_label, self.name), to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, after):
            tables = renamed_tables(before, after)
            rename_tables(schema_editor, tables, indexes=renamed_indexes(before, after))
            for old, new in tables.items():
                make_view(schema_editor, old, new)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        before, after = to_state.apps.get_model(app_label, self.name), from_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, after):
            tables = renamed_tables(before, after)
            rename_tables(
                schema_editor,
                {new: old for old, new in tables.items()},
                indexes=renamed_indexes(after, before),
                views=list(tables),
            )

    def describe(self) -> str:
        return f"{super().describe()}, with the names that follow it, and keep a view under the old name"


class DropViews(Operation):
    """No code of before runs any more: the views under the old names go. `views` maps each to its table."""

    category = OperationCategory.REMOVAL
    reduces_to_sql = True
    reversible = True

    def __init__(self, views: Mapping[str, str]) -> None:
        self.views = dict(views)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.views], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The views are in no state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            take_tables(schema_editor, list(self.views))
            for view in self.views:
                drop_view(schema_editor, view)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            for view, table in self.views.items():
                make_view(schema_editor, view, table)

    def describe(self) -> str:
        return f"Drop the views {', '.join(self.views)}"

    @property
    def migration_name_fragment(self) -> str:
        return "drop_views"


def renamed_tables(before: Any, after: Any) -> dict[str, str]:
    """Old name -> new name of a model's table and of those of its many-to-many fields that have no model of their own."""
    tables = {before._meta.db_table: after._meta.db_table}
    for old, new in zip(before._meta.local_many_to_many, after._meta.local_many_to_many, strict=True):
        if new.remote_field.through._meta.auto_created:
            tables[old.remote_field.through._meta.db_table] = new.remote_field.through._meta.db_table
    return {old: new for old, new in tables.items() if old != new}


def renamed_indexes(before: Any, after: Any) -> dict[str, str]:
    """Old name -> new name of the indexes in the model's Meta to which it gives no name.

    Either state may still call an index by its other name: only the database is renamed here.
    """
    found = {}
    for old, new in zip(before._meta.indexes, after._meta.indexes, strict=True):
        names = automatic_index_name(before, old), automatic_index_name(after, new)
        if old.name in names:
            found[names[0]] = names[1]
    return found


def rename_tables(
    schema_editor: BaseDatabaseSchemaEditor,
    tables: Mapping[str, str],
    *,
    indexes: Mapping[str, str],
    views: Sequence[str] = (),
) -> None:
    """Rename the tables and whatever is named after them, also the foreign keys of others that lead here, besides these
    `indexes`; drop `views`, whose names they take."""
    if not tables:
        return
    with schema_editor.connection.cursor() as cursor:
        things = named_things(cursor, list(tables))
    take_tables(schema_editor, list(dict.fromkeys([*views, *tables, *(thing.table for thing in things)])))
    for view in views:
        drop_view(schema_editor, view)
    for old, new in tables.items():
        schema_editor.execute(
            f"ALTER TABLE {schema_editor.quote_name(old)} RENAME TO {schema_editor.quote_name(new)}", params=None
        )
    for thing, name in new_names(schema_editor, things, tables, given=indexes):
        statement = rename_statement(schema_editor, thing, table=tables.get(thing.table, thing.table), name=name)
        schema_editor.execute(statement, params=None)


def make_view(schema_editor: BaseDatabaseSchemaEditor, view: str, table: str) -> None:
    """A view that is as good as the table for code that knows it by this name."""
    columns = ", ".join(map(schema_editor.quote_name, _columns(schema_editor, [table, view])))
    name, source = schema_editor.quote_name(view), schema_editor.quote_name(table)
    schema_editor.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {source}", params=None)  # noqa: S608 - quoted


def drop_view(schema_editor: BaseDatabaseSchemaEditor, view: str) -> None:
    schema_editor.execute(f"DROP VIEW {schema_editor.quote_name(view)}", params=None)


def _columns(schema_editor: BaseDatabaseSchemaEditor, tables: list[str]) -> Iterator[str]:
    """The columns of the first of these tables that is there: when statements are only collected, nothing has its new name."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_catalog.pg_attribute a, unnest(%s) WITH ORDINALITY AS t(name, at)"
            " WHERE a.attrelid = to_regclass(quote_ident(t.name)) AND a.attnum > 0 AND NOT a.attisdropped"
            " ORDER BY t.at, a.attnum",
            [tables],
        )
        yield from dict.fromkeys(name for (name,) in cursor.fetchall())
