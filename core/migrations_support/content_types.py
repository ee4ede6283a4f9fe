# ruff: noqa: S608 - statements are made of quoted names
"""What Django remembers about a model by its app's name: content type, permissions and who has them, generic and
history rows.

The content type's row is the same one before and after, so whatever points at it (permissions with their grants, generic
rows, the admin's history) is carried along without being touched, however much there is of it. As long as code of before
may run, the row keeps the old app's name. The new code finds it under that name too (`moved_from`, core/content_types.py).
Rights are asked by the app's name alone: for them there is a second row under the new name, with the same permissions
granted to the same people. Triggers keep permissions and grants of both alike, and put the right key into a generic row
that was written with the second one's. When no code of before runs any more, the second row goes and the first one gets
its name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState

from core.migrations_support.locks import take_tables
from core.migrations_support.names import django_name


class _OfMovedModel(Operation, ABC):
    """Base: which model, from which app into that of the migration."""

    category = OperationCategory.MIXED
    reduces_to_sql = True
    reversible = True

    def __init__(self, name: str, from_app: str) -> None:
        self.name = name.lower()
        self.from_app = from_app

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.name, self.from_app], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The rows of Django's own tables are in no state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            self.forwards(_Rows(schema_editor, self.name), self.from_app, app_label)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            self.backwards(_Rows(schema_editor, self.name), self.from_app, app_label)

    @abstractmethod
    def forwards(self, rows: "_Rows", old: str, new: str) -> None:
        """What it does to one shop on the way there."""

    @abstractmethod
    def backwards(self, rows: "_Rows", old: str, new: str) -> None:
        """What it does to one shop on the way back."""


class MoveContentType(_OfMovedModel):
    """Rights to the model `name` can be asked by this migration's app and by `from_app`."""

    def forwards(self, rows: "_Rows", old: str, new: str) -> None:
        rows.take()
        # What the new code may have made by itself.
        rows.absorb(old, new)
        rows.make(old)
        rows.stand_beside(old, new)

    def backwards(self, rows: "_Rows", old: str, new: str) -> None:
        rows.take()
        rows.leave_step()
        rows.absorb(old, new)

    def describe(self) -> str:
        return f"Let permissions and grants of {self.name} be found here as in {self.from_app}"

    @property
    def migration_name_fragment(self) -> str:
        return f"move_{self.name}_content_type"


class ForgetOldContentType(_OfMovedModel):
    """No code of before runs any more: the content type belongs to this migration's app alone."""

    def forwards(self, rows: "_Rows", old: str, new: str) -> None:
        rows.take()
        rows.leave_step()
        rows.absorb(old, new)
        rows.give_name(old, new)

    def backwards(self, rows: "_Rows", old: str, new: str) -> None:
        rows.take()
        rows.give_name(new, old)
        rows.stand_beside(old, new)

    def describe(self) -> str:
        return f"Move the content type of {self.name} here from {self.from_app}"

    @property
    def migration_name_fragment(self) -> str:
        return f"forget_old_{self.name}_content_type"


class _Rows:
    """The statements. Content types of one model, told apart by their app."""

    def __init__(self, schema_editor: BaseDatabaseSchemaEditor, model: str) -> None:
        self.schema_editor = schema_editor
        self.quote = schema_editor.quote_name
        self.model = model
        # The process must not go on with the keys it knows from before.
        ContentType.objects.clear_cache()

    def _do(self, statement: str) -> None:
        self.schema_editor.execute(statement, params=None)

    def _is(self, app: str) -> str:
        value = self.schema_editor.quote_value
        return f"app_label = {value(app)} AND model = {value(self.model)}"

    def _key(self, app: str) -> str:
        return f"(SELECT id FROM django_content_type WHERE {self._is(app)})"

    def take(self) -> None:
        """Nobody writes meanwhile who has which permission, or a generic row."""
        tables = [table for table, _column in [*self._grants(), *self._generic()]]
        take_tables(self.schema_editor, [*tables, "auth_permission"], mode="SHARE ROW EXCLUSIVE")

    def make(self, app: str) -> None:
        """There is a content type of this app."""
        value = self.schema_editor.quote_value
        self._do(
            f"INSERT INTO django_content_type (app_label, model) VALUES ({value(app)}, {value(self.model)})"
            " ON CONFLICT (app_label, model) DO NOTHING"
        )

    def give_name(self, before: str, after: str) -> None:
        """The content type of `before` belongs to `after`."""
        value = self.schema_editor.quote_value
        self._do(f"UPDATE django_content_type SET app_label = {value(after)} WHERE {self._is(before)}")

    def stand_beside(self, real: str, other: str) -> None:
        """A second content type, with permissions and grants like the first and from now on in step with them."""
        self.make(other)
        self.copy_permissions(real, other)
        self.keep_in_step(real, other)

    def copy_permissions(self, source: str, target: str) -> None:
        """The content type of `target` has the same permissions, granted to the same people and groups."""
        self._do(
            "INSERT INTO auth_permission (name, codename, content_type_id)"
            f" SELECT name, codename, {self._key(target)} FROM auth_permission"
            f" WHERE content_type_id = {self._key(source)} ORDER BY id"
            " ON CONFLICT (content_type_id, codename) DO NOTHING"
        )
        for table, column in self._grants():
            self._copy_grants(table, column, source, target)

    def _copy_grants(self, table: str, column: str, source: str, target: str) -> None:
        others = ", ".join(f"granted.{self.quote(each)}" for each in self._columns(table) if each != column)
        into = ", ".join(self.quote(each) for each in [*(e for e in self._columns(table) if e != column), column])
        self._do(
            f"INSERT INTO {self.quote(table)} ({into})"
            f" SELECT {others}, other.id FROM {self.quote(table)} granted"
            f" JOIN auth_permission one ON one.id = granted.{self.quote(column)}"
            f" AND one.content_type_id = {self._key(source)}"
            f" JOIN auth_permission other ON other.codename = one.codename"
            f" AND other.content_type_id = {self._key(target)}"
            " ON CONFLICT DO NOTHING"
        )

    def absorb(self, stays: str, goes: str) -> None:
        """Whatever hangs on the content type of `goes` hangs on that of `stays`, and `goes` is gone."""
        if not self._both_are_there(stays, goes):
            return
        for table, column in self._generic():
            name = self.quote(column)
            self._do(f"UPDATE {self.quote(table)} SET {name} = {self._key(stays)} WHERE {name} = {self._key(goes)}")
        self._do(
            f"UPDATE auth_permission moved SET content_type_id = {self._key(stays)}"
            f" WHERE content_type_id = {self._key(goes)} AND NOT EXISTS (SELECT FROM auth_permission there"
            f" WHERE there.codename = moved.codename AND there.content_type_id = {self._key(stays)})"
        )
        unwanted = f"SELECT id FROM auth_permission WHERE content_type_id = {self._key(goes)}"
        for table, column in self._grants():
            self._copy_grants(table, column, goes, stays)
            self._do(f"DELETE FROM {self.quote(table)} WHERE {self.quote(column)} IN ({unwanted})")
        self._do(f"DELETE FROM auth_permission WHERE content_type_id = {self._key(goes)}")
        self._do(f"DELETE FROM django_content_type WHERE {self._is(goes)}")
        # Foreign keys are looked at now, or a later ALTER of the same transaction would be refused.
        self._do("SET CONSTRAINTS ALL IMMEDIATE")
        self._do("SET CONSTRAINTS ALL DEFERRED")

    def _both_are_there(self, one: str, other: str) -> bool:
        with self.schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) = 2 FROM django_content_type WHERE app_label IN (%s, %s) AND model = %s",
                [one, other, self.model],
            )
            [both] = cursor.fetchone()
        return bool(both)

    def keep_in_step(self, real: str, other: str) -> None:
        """From now on permissions and grants of the two are alike, and rows with the key of `other` get the real one.

        Without triggers (GUARD_TRIGGERS) grants are joined when the second one goes.
        """
        if not getattr(settings, "GUARD_TRIGGERS", True):
            return
        both = f"({self._key(real)}, {self._key(other)})"
        for table, column in self._grants():
            others = [each for each in self._columns(table) if each != column]
            into = ", ".join(self.quote(each) for each in [*others, column])
            twin = (
                "(SELECT twin.id FROM auth_permission one JOIN auth_permission twin ON twin.codename = one.codename"
                f" AND one.content_type_id IN {both} AND twin.content_type_id IN {both} AND twin.id <> one.id"
                f" WHERE one.id = %s.{self.quote(column)})"
            )
            same = " AND ".join(f"{self.quote(each)} = old.{self.quote(each)}" for each in others)
            values = ", ".join(f"new.{self.quote(each)}" for each in others)
            self._trigger(
                table,
                column,
                "AFTER INSERT OR DELETE",
                "IF tg_op = 'DELETE' THEN"
                f" DELETE FROM {self.quote(table)} WHERE {same} AND {self.quote(column)} = {twin % 'old'};"
                " RETURN NULL; END IF;"
                f" INSERT INTO {self.quote(table)} ({into}) SELECT {values}, found.twin"
                f" FROM {twin % 'new'} AS found(twin) ON CONFLICT DO NOTHING; RETURN NULL;",
            )
        self._trigger(
            "auth_permission",
            "content_type_id",
            "AFTER INSERT",
            "INSERT INTO auth_permission (name, codename, content_type_id)"
            f" SELECT new.name, new.codename, id FROM django_content_type WHERE id IN {both}"
            f" AND new.content_type_id IN {both} AND id <> new.content_type_id ON CONFLICT DO NOTHING; RETURN NULL;",
        )
        for table, column in self._generic():
            name = self.quote(column)
            self._trigger(
                table,
                column,
                f"BEFORE INSERT OR UPDATE OF {name}",
                f"IF new.{name} = {self._key(other)} THEN new.{name} := {self._key(real)}; END IF; RETURN new;",
            )

    def leave_step(self) -> None:
        """Take the triggers away."""
        for table, column in [*self._grants(), *self._generic(), ("auth_permission", "content_type_id")]:
            name = self.quote(self._trigger_name(table, column))
            self._do(f"DROP TRIGGER IF EXISTS {name} ON {self.quote(table)}")
            self._do(f"DROP FUNCTION IF EXISTS {name}()")

    def _trigger_name(self, table: str, column: str) -> str:
        return django_name(self.schema_editor, table, [column, self.model], "_moved")

    def _trigger(self, table: str, column: str, when: str, body: str) -> None:
        name = self.quote(self._trigger_name(table, column))
        self._do(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
        self._do(f"CREATE TRIGGER {name} {when} ON {self.quote(table)} FOR EACH ROW EXECUTE FUNCTION {name}()")

    def _grants(self) -> list[tuple[str, str]]:
        """Tables that say who has a permission, with the column that names it."""
        return list(self._pointing_at("auth_permission"))

    def _generic(self) -> list[tuple[str, str]]:
        """Tables with rows about any model, with the column that names the model."""
        return [each for each in self._pointing_at("django_content_type") if each[0] != "auth_permission"]

    def _pointing_at(self, target: str) -> Iterator[tuple[str, str]]:
        with self.schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT r.relname, a.attname FROM pg_catalog.pg_constraint o"
                " JOIN pg_catalog.pg_class r ON r.oid = o.conrelid"
                " JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = o.conkey[1]"
                " WHERE o.contype = 'f' AND o.confrelid = to_regclass(%s) ORDER BY 1, 2",
                [target],
            )
            yield from cursor.fetchall()

    def _columns(self, table: str) -> list[str]:
        """The columns of a table but its key."""
        with self.schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = to_regclass(quote_ident(%s))"
                " AND a.attnum > 0 AND NOT a.attisdropped AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i"
                " WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY(i.indkey)) ORDER BY a.attnum",
                [table],
            )
            return [name for (name,) in cursor.fetchall()]
