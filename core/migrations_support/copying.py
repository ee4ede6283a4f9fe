# ruff: noqa: S608 - statements are made of quoted names
"""A second table for a moved model, kept in step with the first while the code of before still uses that.

In this order: CreateTable makes the new table. KeepInStep installs triggers, so that from then on whatever is written to
the old one is written to the new one in the same statement. CopyRows copies what was there before, in batches, compares,
and lets the triggers work the other way too. AddKeys adds the foreign keys, which would have refused a row whose partner
had not been copied yet. PointKeys turns the foreign keys of others. When no code of before runs any more, DropOldTables
takes the old tables away; backwards it makes them anew and copies the rows back.

Every step can be broken off and repeated. Both tables give keys meanwhile, one the odd, the other the even ones.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import router, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AlterField, CreateModel
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import CheckConstraint, Index
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.migrations_support.locks import take_tables, unhurried
from core.migrations_support.names import automatic_index_name, django_name, foreign_key_name, postgres_name

BATCH = 2000  # rows, which nobody else changes while they are copied


class CopyDiffers(DomainError):
    """The two tables don't hold the same rows."""

    code = "copy_differs"

    def __init__(self, source: str, target: str) -> None:
        super().__init__(
            _(
                "The tables %(source)s and %(target)s do not hold the same rows. Both stay as they are: see whether all "
                "triggers of the move are there and enabled, then repeat the command."
            )
            % {"source": source, "target": target}
        )


class TriggersNeeded(DomainError):
    """The copy is kept in step by triggers."""

    code = "triggers_needed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "A copy is kept in step by triggers, and GUARD_TRIGGERS is off for this server. Nothing was changed: "
                "choose --way=keep."
            )
        )


@dataclass(frozen=True)
class Pair:
    """A table and its copy: same columns, of which `key` counts by itself."""

    old: str
    new: str
    key: str
    columns: tuple[str, ...]

    def turned(self) -> "Pair":
        return Pair(self.new, self.old, self.key, self.columns)


class _Copying(Operation, ABC):
    """Base: the moved model `name` of this app, whose rows are or were in `old_table`."""

    category = OperationCategory.MIXED
    reversible = True

    def __init__(self, name: str, old_table: str) -> None:
        self.name = name.lower()
        self.old_table = old_table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.name, self.old_table], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The new model came into the state by CreateModel; of the old table the state knows nothing any more."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            self.forwards(schema_editor, app_label, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            self.backwards(schema_editor, app_label, to_state)

    @abstractmethod
    def forwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        """What it does to one shop on the way there."""

    @abstractmethod
    def backwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        """What it does to one shop on the way back."""

    def models(self, app_label: str, state: ProjectState) -> tuple[Any, Any]:
        """The model as it was, with its old table, and as it is."""
        return model_of_table(state, app_label, self.name, self.old_table), state.apps.get_model(app_label, self.name)


class CreateTable(CreateModel):
    """CreateModel without its foreign keys, which AddKeys adds when the rows are there."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            create_without_keys(schema_editor, model)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.delete_model(model)


class KeepInStep(_Copying):
    """Whatever is written to the old tables is written to the new ones too. Before anything is copied."""

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        old, new = self.models(app_label, state)
        if not getattr(settings, "GUARD_TRIGGERS", True):
            raise TriggersNeeded
        pairs = table_pairs(old, new)
        take_tables(schema_editor, all_tables(pairs))
        for pair in pairs:
            count_apart(schema_editor, pair)
            make_trigger(schema_editor, pair)

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        pairs = table_pairs(*self.models(app_label, state))
        take_tables(schema_editor, all_tables(pairs))
        for pair in pairs:
            drop_trigger(schema_editor, pair)
            count_alone(schema_editor, pair.old, pair.key, beside=pair.new)

    def describe(self) -> str:
        return f"Keep {self.old_table} and the table of {self.name} in step"

    @property
    def migration_name_fragment(self) -> str:
        return f"keep_{self.name}_in_step"


class CopyRows(_Copying):
    """Copy what was there before, in batches with a transaction each: for a migration that is not atomic. Then whatever is
    written to the new tables is written to the old ones too. Backwards it is the old ones that are made alike."""

    atomic = False

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        pairs = table_pairs(*self.models(app_label, state))
        for pair in pairs:
            copy_rows(schema_editor, pair)
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(schema_editor, [pair.new for pair in pairs])
            for pair in pairs:
                make_trigger(schema_editor, pair.turned())
        for pair in pairs:
            compare_rows(schema_editor, pair)

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        pairs = table_pairs(*self.models(app_label, state))
        for pair in pairs:
            copy_rows(schema_editor, pair.turned())
            compare_rows(schema_editor, pair)
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(schema_editor, [pair.new for pair in pairs])
            for pair in pairs:
                drop_trigger(schema_editor, pair.turned())

    def describe(self) -> str:
        return f"Copy the rows of {self.old_table} into the table of {self.name} and compare"

    @property
    def migration_name_fragment(self) -> str:
        return f"copy_{self.name}_rows"


class AddKeys(_Copying):
    """The foreign keys of the new tables: added without looking at the rows, then looked at while people write. For a
    migration that is not atomic."""

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        new = state.apps.get_model(app_label, self.name)
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(schema_editor, own_and_targets(new), mode="SHARE ROW EXCLUSIVE")
            for field in key_fields(new):
                add_key(schema_editor, field)
        for field in key_fields(new):
            validate_key(schema_editor, field)

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        new = state.apps.get_model(app_label, self.name)
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(schema_editor, own_and_targets(new))
            for field in key_fields(new):
                drop_key(schema_editor, field)

    def describe(self) -> str:
        return f"Add the foreign keys of {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"add_{self.name}_keys"


class PointKeys(AlterField):
    """AlterField for a relation whose model was moved: the new foreign key first, then the old one goes, then the new one
    is looked at. For a migration that is not atomic, so that nobody waits while the rows are looked at."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        before = from_state.apps.get_model(app_label, self.model_name)
        after = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, after):
            return
        old = _key_field(before._meta.get_field(self.name))
        new = _key_field(after._meta.get_field(self.name))
        if old is None or new is None:
            return
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(
                schema_editor,
                [
                    new.model._meta.db_table,
                    new.target_field.model._meta.db_table,
                    old.target_field.model._meta.db_table,
                ],
            )
            add_key(schema_editor, new)
            drop_key(schema_editor, old)
        validate_key(schema_editor, new)

    def describe(self) -> str:
        return f"Point {self.model_name}.{self.name} at the moved model"


class DropOldTables(_Copying):
    """No code of before runs any more: the old tables go. Backwards they are made anew, filled and kept in step, while
    people work: for a migration that is not atomic."""

    atomic = False

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        old, new = self.models(app_label, state)
        pairs = table_pairs(old, new)
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(schema_editor, [*own_and_targets(new), *(pair.old for pair in pairs)])
            for pair in pairs:
                drop_trigger(schema_editor, pair)
                drop_trigger(schema_editor, pair.turned())
                count_alone(schema_editor, pair.new, pair.key, beside=pair.old)
            for pair in reversed(pairs):
                schema_editor.execute(f"DROP TABLE {schema_editor.quote_name(pair.old)}", params=None)

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, state: ProjectState) -> None:
        old, new = self.models(app_label, state)
        pairs = table_pairs(old, new)
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(schema_editor, [pair.new for pair in pairs])
            if not is_there(schema_editor, old):
                create_without_keys(schema_editor, old)
                _run_deferred(schema_editor)
            for pair in pairs:
                count_apart(schema_editor, pair)
                make_trigger(schema_editor, pair.turned())
        for pair in pairs:
            copy_rows(schema_editor, pair.turned())
        with transaction.atomic(schema_editor.connection.alias):
            take_tables(schema_editor, own_and_targets(old), mode="SHARE ROW EXCLUSIVE")
            for pair in pairs:
                make_trigger(schema_editor, pair)
            for field in key_fields(old):
                add_key(schema_editor, field)
        for field in key_fields(old):
            validate_key(schema_editor, field)
        for pair in pairs:
            compare_rows(schema_editor, pair)

    def describe(self) -> str:
        return f"Drop {self.old_table} and what belongs to it"

    @property
    def migration_name_fragment(self) -> str:
        return f"drop_{self.old_table}"


# --- models and tables ------------------------------------------------------------------------------------------------


def aside(name: str) -> str:
    """What a named index of the old table is called while the new table has one of that name: with a number behind it,
    which core.constraints takes for the same rule."""
    return f"{name[:61]}_1"


def model_of_table(state: ProjectState, app_label: str, name: str, table: str) -> Any:
    """The model with another table, its indexes and keys called as they are there."""
    new = state.apps.get_model(app_label, name)
    other = state.clone()
    other.models[app_label, name].options = {**other.models[app_label, name].options, "db_table": table}
    other.reload_model(app_label, name)
    old = other.apps.get_model(app_label, name)
    for each in (*old._meta.indexes, *old._meta.constraints):
        if isinstance(each, Index) and each.name == automatic_index_name(new, each):
            each.name = automatic_index_name(old, each)
        elif not isinstance(each, CheckConstraint):  # whose name only its table has to know
            each.name = aside(each.name)
    return old


def all_tables(pairs: list[Pair]) -> list[str]:
    return [table for pair in pairs for table in (pair.old, pair.new)]


def table_pairs(old: Any, new: Any) -> list[Pair]:
    """The model's table, then those of its many-to-many fields that have no model of their own."""
    return [
        Pair(
            before._meta.db_table,
            after._meta.db_table,
            after._meta.pk.column,
            tuple(field.column for field in after._meta.concrete_fields),
        )
        for before, after in zip(own_models(old), own_models(new), strict=True)
    ]


def own_models(model: Any) -> list[Any]:
    """The model and those that Django made for its many-to-many fields."""
    throughs = [field.remote_field.through for field in model._meta.local_many_to_many]
    return [model, *(through for through in throughs if through._meta.auto_created)]


def key_fields(model: Any) -> list[Any]:
    """The fields of the model's own tables that have a foreign key."""
    fields = [field for each in own_models(model) for field in each._meta.local_fields]
    return [field for field in fields if field.remote_field and field.db_constraint]


def own_and_targets(model: Any) -> list[str]:
    """The model's own tables, and those that their foreign keys lead to."""
    own = [each._meta.db_table for each in own_models(model)]
    return list(dict.fromkeys([*own, *(field.target_field.model._meta.db_table for field in key_fields(model))]))


def _key_field(field: Any) -> Any:
    """The field behind a relation that has the foreign key: of a many-to-many field one of its table's, None where that
    table has a model of its own."""
    if not field.many_to_many:
        return field if field.db_constraint else None
    through = field.remote_field.through
    return through._meta.get_field(field.m2m_reverse_field_name()) if through._meta.auto_created else None


# --- foreign keys -----------------------------------------------------------------------------------------------------


def _name_of(schema_editor: BaseDatabaseSchemaEditor, field: Any) -> str:
    target = field.target_field
    return foreign_key_name(
        schema_editor, field.model._meta.db_table, field.column, target.model._meta.db_table, target.column
    )


def add_key(schema_editor: BaseDatabaseSchemaEditor, field: Any) -> None:
    """The field's foreign key, which new rows obey from now on; nothing when it is there."""
    name, table = _name_of(schema_editor, field), field.model._meta.db_table
    if schema_editor.collect_sql or name not in keys_of(schema_editor, table):
        quote, target = schema_editor.quote_name, field.target_field
        schema_editor.execute(
            f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} FOREIGN KEY ({quote(field.column)}) REFERENCES"
            f" {quote(target.model._meta.db_table)} ({quote(target.column)}) DEFERRABLE INITIALLY DEFERRED NOT VALID",
            params=None,
        )


def validate_key(schema_editor: BaseDatabaseSchemaEditor, field: Any) -> None:
    """Look whether the rows of before obey it; people may write meanwhile."""
    table, name = field.model._meta.db_table, _name_of(schema_editor, field)
    with unhurried(schema_editor):
        schema_editor.execute(
            f"ALTER TABLE {schema_editor.quote_name(table)} VALIDATE CONSTRAINT {schema_editor.quote_name(name)}",
            params=None,
        )


def drop_key(schema_editor: BaseDatabaseSchemaEditor, field: Any) -> None:
    """The foreign keys from the field's column to the table it leads to, whatever they are called."""
    table, target = field.model._meta.db_table, field.target_field.model._meta.db_table
    for name in keys_of(schema_editor, table, column=field.column, target=target):
        schema_editor.execute(
            f"ALTER TABLE {schema_editor.quote_name(table)} DROP CONSTRAINT {schema_editor.quote_name(name)}",
            params=None,
        )


def keys_of(schema_editor: BaseDatabaseSchemaEditor, table: str, *, column: str = "", target: str = "") -> list[str]:
    """The names of a table's foreign keys: all, or those from a column to a table."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.conname FROM pg_catalog.pg_constraint o"
            " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = o.conkey[1]"
            " WHERE o.contype = 'f' AND o.conrelid = to_regclass(quote_ident(%(table)s))"
            " AND (%(column)s = '' OR a.attname = %(column)s)"
            " AND (%(target)s = '' OR o.confrelid = to_regclass(quote_ident(%(target)s))) ORDER BY 1",
            {"table": table, "column": column, "target": target},
        )
        return [name for (name,) in cursor.fetchall()]


def create_without_keys(schema_editor: BaseDatabaseSchemaEditor, model: Any) -> None:
    """The model's tables with all indexes, but without foreign keys."""
    schema_editor.create_model(model)
    schema_editor.deferred_sql = [
        each for each in schema_editor.deferred_sql if getattr(each, "template", "") != schema_editor.sql_create_fk
    ]


def is_there(schema_editor: BaseDatabaseSchemaEditor, model: Any) -> bool:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(quote_ident(%s)) IS NOT NULL", [model._meta.db_table])
        return bool(cursor.fetchone()[0])


def _run_deferred(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What Django leaves for the end of a migration."""
    for statement in schema_editor.deferred_sql:
        schema_editor.execute(statement, params=None)
    schema_editor.deferred_sql.clear()


def _look_at_keys(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Now instead of at the end of the transaction: a table is not altered while something is to be looked at."""
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", params=None)
    schema_editor.execute("SET CONSTRAINTS ALL DEFERRED", params=None)


# --- rows -------------------------------------------------------------------------------------------------------------


def _upsert(schema_editor: BaseDatabaseSchemaEditor, pair: Pair, source: str) -> str:
    """Write rows of `source` into the pair's new table; a row that is there already and alike is not written, which is
    where triggers in both directions come to rest."""
    quote = schema_editor.quote_name
    columns = ", ".join(map(quote, pair.columns))
    others = [quote(each) for each in pair.columns if each != pair.key]
    here = ", ".join(f"{quote(pair.new)}.{each}" for each in others)
    there = ", ".join(f"excluded.{each}" for each in others)
    changes = ", ".join(f"{each} = excluded.{each}" for each in others)
    change = f"UPDATE SET {changes} WHERE ({here}) IS DISTINCT FROM ({there})" if others else "NOTHING"
    return f"INSERT INTO {quote(pair.new)} ({columns}) {source} ON CONFLICT ({quote(pair.key)}) DO {change}"


def copy_rows(schema_editor: BaseDatabaseSchemaEditor, pair: Pair) -> None:
    """Make the pair's new table hold what its old one holds, batch by batch in the order of keys.

    The rows of a batch are locked while they are copied: none is deleted in between and comes back by the copy.
    """
    quote = schema_editor.quote_name
    columns, key = ", ".join(map(quote, pair.columns)), quote(pair.key)
    batch = (
        f"WITH batch AS MATERIALIZED (SELECT {columns} FROM {quote(pair.old)} WHERE {{after}}"
        f" ORDER BY {key} LIMIT {BATCH} FOR SHARE), written AS ("
        + _upsert(schema_editor, pair, f"SELECT {columns} FROM batch")
        + f") SELECT max({key}) FROM batch"
    )
    if schema_editor.collect_sql:
        schema_editor.execute("-- again and again, after the last key of the batch before:", params=None)
        schema_editor.execute(batch.format(after="true"), params=None)
        return
    alias = schema_editor.connection.alias
    after = "true"
    while True:
        with transaction.atomic(alias), schema_editor.connection.cursor() as cursor:
            cursor.execute(batch.format(after=after))
            [last] = cursor.fetchone()
            _look_at_keys(schema_editor)
        if last is None:  # a batch may be short without being the last: rows deleted in the same moment are left out
            break
        after = f"{key} > {schema_editor.quote_value(last)}"
    with unhurried(schema_editor):
        schema_editor.execute(
            f"DELETE FROM {quote(pair.new)} gone WHERE NOT EXISTS"
            f" (SELECT FROM {quote(pair.old)} there WHERE there.{key} = gone.{key})",
            params=None,
        )
        _look_at_keys(schema_editor)


def compare_rows(schema_editor: BaseDatabaseSchemaEditor, pair: Pair) -> None:
    """Count and checksum of both tables in one statement, so that both are of the same moment. Raises CopyDiffers."""
    quote = schema_editor.quote_name
    columns = ", ".join(map(quote, pair.columns))

    def sums(table: str) -> str:
        return (
            f"(SELECT ARRAY[count(*)::numeric, coalesce(sum(hashtextextended(row({columns})::text, 0)), 0)]"
            f" FROM {quote(table)})"
        )

    statement = f"SELECT {sums(pair.old)} = {sums(pair.new)}"
    if schema_editor.collect_sql:
        schema_editor.execute(statement, params=None)
        return
    with unhurried(schema_editor), schema_editor.connection.cursor() as cursor:
        cursor.execute(statement)
        [alike] = cursor.fetchone()
    if not alike:
        raise CopyDiffers(pair.old, pair.new)


def make_trigger(schema_editor: BaseDatabaseSchemaEditor, pair: Pair) -> None:
    """From old to new. Where there is one the other way too, a row that comes back is found to be there already, and
    nothing more happens."""
    drop_trigger(schema_editor, pair)
    quote = schema_editor.quote_name
    name, key = quote(_trigger_name(schema_editor, pair)), quote(pair.key)
    values = ", ".join(f"new.{quote(column)}" for column in pair.columns)
    body = (
        f"IF tg_op = 'DELETE' THEN DELETE FROM {quote(pair.new)} WHERE {key} = old.{key}; RETURN NULL; END IF;"
        f" IF tg_op = 'UPDATE' AND old.{key} <> new.{key} THEN"
        f" DELETE FROM {quote(pair.new)} WHERE {key} = old.{key}; END IF;"
        f" {_upsert(schema_editor, pair, f'VALUES ({values})')}; RETURN NULL;"
    )
    schema_editor.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$", params=None
    )
    schema_editor.execute(
        f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {quote(pair.old)}"
        f" FOR EACH ROW EXECUTE FUNCTION {name}()",
        params=None,
    )


def drop_trigger(schema_editor: BaseDatabaseSchemaEditor, pair: Pair) -> None:
    quote = schema_editor.quote_name
    name = quote(_trigger_name(schema_editor, pair))
    schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {quote(pair.old)}", params=None)
    schema_editor.execute(f"DROP FUNCTION IF EXISTS {name}()", params=None)


def _trigger_name(schema_editor: BaseDatabaseSchemaEditor, pair: Pair) -> str:
    return django_name(schema_editor, pair.old, ["row"], "_in_step")


# --- keys that are counted --------------------------------------------------------------------------------------------


def count_apart(schema_editor: BaseDatabaseSchemaEditor, pair: Pair) -> None:
    """The old table gives odd keys from now on, the new one even ones. Both tables are locked by the caller."""
    free = _next_key(schema_editor, pair.old, pair.key, beside=pair.new)
    odd = free + 1 - free % 2
    _count(schema_editor, pair.old, pair.key, f"INCREMENT BY 2 RESTART WITH {odd}")
    _count(schema_editor, pair.new, pair.key, f"INCREMENT BY 2 RESTART WITH {odd + 1}")


def count_alone(schema_editor: BaseDatabaseSchemaEditor, table: str, key: str, *, beside: str) -> None:
    """This table gives the keys alone again."""
    free = _next_key(schema_editor, table, key, beside=beside)
    _count(schema_editor, table, key, f"INCREMENT BY 1 RESTART WITH {free}")


def _count(schema_editor: BaseDatabaseSchemaEditor, table: str, key: str, change: str) -> None:
    sequence = _sequence_of(schema_editor, table, key) or schema_editor.quote_name(postgres_name(table, key, "seq"))
    schema_editor.execute(f"ALTER SEQUENCE {sequence} {change}", params=None)


def _sequence_of(schema_editor: BaseDatabaseSchemaEditor, table: str, key: str) -> str | None:
    """The counter of a column, quoted; None when there is no such table."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(to_regclass(quote_ident(%s))::text, %s)", [table, key])
        [sequence] = cursor.fetchone()
    return sequence


def _next_key(schema_editor: BaseDatabaseSchemaEditor, table: str, key: str, *, beside: str) -> int:
    """The first key that neither table has given, be it to a row that is gone by now."""
    free = 1
    for each in (table, beside):
        if sequence := _sequence_of(schema_editor, each, key):
            name = schema_editor.quote_name
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT greatest(last_value + is_called::int, (SELECT coalesce(max({name(key)}), 0) + 1"
                    f" FROM {name(each)})) FROM {sequence}"
                )
                free = max(free, cursor.fetchone()[0])
    return free
