"""Which migrations it takes to move a model to another app, and what speaks against moving it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, migrations, router
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation
from django.db.migrations.writer import MigrationWriter
from django.db.models import AutoField, BigAutoField, CheckConstraint, Index
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.migrations_support.content_types import ForgetOldContentType, MoveContentType
from core.migrations_support.copying import (
    AddKeys,
    CopyRows,
    CreateTable,
    DropOldTables,
    KeepInStep,
    PointKeys,
    aside,
)
from core.migrations_support.names import automatic_index_name
from core.migrations_support.renaming import DropViews, RenameTable, renamed_indexes, renamed_tables

COPY, KEEP, RENAME = "copy", "keep", "rename"
WAYS = (KEEP, RENAME, COPY)
# Settings that name a model.
NAMED_BY = ("AUTH_USER_MODEL", "TENANT_MODEL", "TENANT_DOMAIN_MODEL")


class MoveRefused(DomainError):
    """The model can't be moved safely; `data["reasons"]` says why, a sentence each."""

    code = "move_refused"

    def __init__(self, label: str, reasons: Sequence[Any]) -> None:
        said = [str(reason) for reason in reasons]
        super().__init__(
            _("%(model)s is not moved, nothing was written. %(reasons)s") % {"model": label, "reasons": " ".join(said)},
            data={"reasons": said},
        )


@dataclass(frozen=True)
class Move:
    """A model (`name`, as in its class) of one app, where it goes, and in which of the three ways."""

    name: str
    from_app: str
    to_app: str
    way: str

    @property
    def model(self) -> str:
        return self.name.lower()

    @property
    def old(self) -> tuple[str, str]:
        return self.from_app, self.model

    @property
    def new(self) -> tuple[str, str]:
        return self.to_app, self.model

    @property
    def label(self) -> str:
        return f"{self.from_app}.{self.name}"

    @property
    def new_label(self) -> str:
        return f"{self.to_app}.{self.model}"


# --- the migrations ---------------------------------------------------------------------------------------------------


class _Files:
    """Migrations that are being planned, each behind the last one of its app."""

    def __init__(self, loader: MigrationLoader) -> None:
        self.last: dict[str, str] = dict(loader.graph.leaf_nodes())
        self.made: list[Migration] = []

    def add(
        self, app: str, name: str, operations: Sequence[Operation], after: Sequence[str], *, atomic: bool = True
    ) -> None:
        """One more of `app`, which also depends on the last ones of `after`."""
        before = self.last.get(app)
        contents = {
            "operations": list(operations),
            "dependencies": [(each, self.last[each]) for each in dict.fromkeys([app, *after]) if each in self.last],
            "atomic": atomic,
            "initial": before is None or None,
        }
        migration = type("Migration", (Migration,), contents)(f"{int(before[:4]) + 1 if before else 1:04d}_{name}", app)
        self.last[app] = migration.name
        self.made.append(migration)


def plan_move(move: Move, loader: MigrationLoader) -> list[Migration]:
    """The migrations of the release with which the code changes, in the order in which they run."""
    state = loader.project_state()
    model, files = state.models[move.old], _Files(loader)
    old_table = state.apps.get_model(*move.old)._meta.db_table
    needs = [move.from_app, *_apps_of_targets(model), "contenttypes", "auth", *_apps_with_grants(state)]
    point: type[migrations.AlterField] = PointKeys if move.way == COPY else migrations.AlterField
    pointing = {app: list(found) for app, found in _pointing(move, state, point)}

    if move.way == COPY:
        _plan_copy(move, state, files, needs, old_table)
    else:
        made = _create(move, state, {"db_table": old_table})
        operations = [_separate(state=[made]), MoveContentType(move.model, move.from_app)]
        files.add(move.to_app, f"{move.model}_from_{move.from_app}", operations, needs)
    for app, found in pointing.items():
        if app != move.from_app:
            _point(move, files, app, found)
    own = pointing.get(move.from_app, [])
    if move.way == COPY and own:
        _point(move, files, move.from_app, own)
        own = []
    files.add(
        move.from_app,
        f"{move.model}_is_in_{move.to_app}",
        [_separate(state=[*own, migrations.DeleteModel(move.name)])],
        [move.to_app, *pointing],
    )
    if move.way == RENAME:
        files.add(move.to_app, f"{move.model}_table", [_rename(move, state)], [move.from_app])
    return files.made


def _plan_copy(move: Move, state: ProjectState, files: _Files, needs: Sequence[str], old_table: str) -> None:
    rendered = state.apps.get_model(*move.old)
    named = [
        each.name
        for each in (*rendered._meta.indexes, *rendered._meta.constraints)
        if not isinstance(each, CheckConstraint)
        and not (isinstance(each, Index) and each.name == automatic_index_name(rendered, each))
    ]
    quote = connection.ops.quote_name
    made = _create(move, state, {"db_table": None}, kind=CreateTable)
    operations: list[Operation] = []
    if named:
        operations.append(
            migrations.RunSQL(
                [f"ALTER INDEX {quote(each)} RENAME TO {quote(aside(each))}" for each in named],
                [f"ALTER INDEX {quote(aside(each))} RENAME TO {quote(each)}" for each in named],
            )
        )
    files.add(move.to_app, f"{move.model}_beside_{move.from_app}", [*operations, made], needs)
    # Each of these waits for tables, and must hold none while it does.
    files.add(move.to_app, f"{move.model}_content_type", [MoveContentType(move.model, move.from_app)], [])
    files.add(move.to_app, f"{move.model}_in_step", [KeepInStep(move.model, old_table)], [])
    operations = [CopyRows(move.model, old_table), AddKeys(move.model, old_table)]
    files.add(move.to_app, f"{move.model}_rows", operations, [], atomic=False)


def plan_finish(move: Move, loader: MigrationLoader) -> list[Migration]:
    """The migrations of a later release: no code of before runs any more. Raises MoveRefused unless the model was moved."""
    state = loader.project_state()
    before = _state_before(move, loader)
    if move.new not in state.models or before is None:
        raise MoveRefused(
            move.label,
            [
                _("No migration has moved it to %(app)s yet: plan the move first, without --finish.")
                % {"app": move.to_app}
            ],
        )
    old, new = before.apps.get_model(*move.old), state.apps.get_model(*move.new)
    files = _Files(loader)
    forget = ForgetOldContentType(move.model, move.from_app)
    files.add(move.to_app, f"{move.model}_content_type_without_{move.from_app}", [forget], [move.from_app])
    if move.way == RENAME:
        files.add(move.to_app, f"{move.model}_without_views", [DropViews(renamed_tables(old, new))], [])
    elif move.way == COPY:
        drop = DropOldTables(move.model, old._meta.db_table)
        files.add(move.to_app, f"{move.model}_without_copy", [drop], [], atomic=False)
    return files.made


def _state_before(move: Move, loader: MigrationLoader) -> ProjectState | None:
    """The state that the model was moved out of."""
    for key, migration in sorted(loader.disk_migrations.items(), reverse=True):
        for operation in migration.operations if key[0] == move.from_app else ():
            inside = getattr(operation, "state_operations", ())
            if any(isinstance(each, migrations.DeleteModel) and each.name_lower == move.model for each in inside):
                return loader.project_state(key, at_end=False)
    return None


def _separate(**operations: list[Operation]) -> migrations.SeparateDatabaseAndState:
    """State operations come as `state`, database operations as `database`."""
    return migrations.SeparateDatabaseAndState(
        database_operations=operations.get("database"), state_operations=operations.get("state")
    )


def _create(
    move: Move,
    state: ProjectState,
    changes: Mapping[str, Any],
    *,
    kind: type[migrations.CreateModel] = migrations.CreateModel,
) -> migrations.CreateModel:
    """CreateModel in the new app: self-references lead to itself, unnamed indexes are called after the table."""
    model = state.models[move.old]
    fields = [(name, _turned(field, move, move.old)) for name, field in model.fields.items()]
    # Empty lists and an unnamed table say nothing.
    options = {key: value for key, value in {**model.options, **changes}.items() if value not in ([], None)}
    made = kind(move.name, fields, options, model.bases, model.managers)
    if "indexes" in options:
        renamed = renamed_indexes(state.apps.get_model(*move.old), _after(move, state, made))
        options["indexes"] = [_named(index, renamed.get(index.name, index.name)) for index in options["indexes"]]
    return made


def _after(move: Move, state: ProjectState, made: migrations.CreateModel) -> Any:
    """The model as it is once it has been made in the new app."""
    moved = state.clone()
    made.state_forwards(move.to_app, moved)
    return moved.apps.get_model(*move.new)


def _named(index: Any, name: str) -> Any:
    copy = index.clone()
    copy.name = name
    return copy


def _rename(move: Move, state: ProjectState) -> migrations.SeparateDatabaseAndState:
    """The state knows Django's own operations alone, the database gets more than these would do."""
    before = state.apps.get_model(*move.old)
    after = _after(move, state, _create(move, state, {"db_table": None}))
    indexes = [
        migrations.RenameIndex(move.model, new_name=new, old_name=old)
        for old, new in renamed_indexes(before, after).items()
    ]
    return _separate(
        database=[RenameTable(move.model, None)], state=[migrations.AlterModelTable(move.model, None), *indexes]
    )


def _point(move: Move, files: _Files, app: str, found: Sequence[migrations.AlterField]) -> None:
    """Relations of one app lead to the moved model."""
    operations = list(found) if move.way == COPY else [_separate(state=[*found])]
    files.add(app, f"{move.model}_of_{move.to_app}", operations, [move.to_app], atomic=move.way != COPY)


def _pointing(
    move: Move, state: ProjectState, kind: type[migrations.AlterField]
) -> Iterator[tuple[str, list[migrations.AlterField]]]:
    """By app: what turns the relations that lead to the model."""
    found: dict[str, list[migrations.AlterField]] = {}
    for key, model in sorted(state.models.items()):
        for name, field in model.fields.items():
            if key != move.old and move.old in _targets(field, key):
                turned = kind(model.name_lower, name, _turned(field, move, key))
                found.setdefault(key[0], []).append(turned)
    yield from found.items()


def _targets(field: Any, key: tuple[str, str]) -> list[tuple[str, str]]:
    """The models that a field of the model `key` names."""
    if not field.remote_field:
        return []
    named = [field.remote_field.model, getattr(field.remote_field, "through", None)]
    return [resolve_relation(each, *key) for each in named if each]


def _turned(field: Any, move: Move, key: tuple[str, str]) -> Any:
    """The field as it is once the model has moved: where it led to the old one, it leads to the new one."""
    if move.old not in _targets(field, key):
        return field.clone()
    _name, _path, args, kwargs = field.deconstruct()
    if resolve_relation(field.remote_field.model, *key) == move.old:
        kwargs["to"] = move.new_label
    if (through := getattr(field.remote_field, "through", None)) and resolve_relation(through, *key) == move.old:
        kwargs["through"] = move.new_label
    return field.__class__(*args, **kwargs)


def _apps_of_targets(model: ModelState) -> list[str]:
    key = model.app_label, model.name_lower
    return sorted({app for field in model.fields.values() for app, _name in _targets(field, key)})


def _apps_with_grants(state: ProjectState) -> list[str]:
    """Apps with relations to permissions and content types, whose rows are carried along."""
    wanted = {("auth", "permission"), ("contenttypes", "contenttype")}
    return sorted(
        {
            key[0]
            for key, model in state.models.items()
            for field in model.fields.values()
            if wanted & set(_targets(field, key)) and router.allow_migrate("default", key[0])
        }
    )


# --- what speaks against it ---------------------------------------------------------------------------------------------


def check_move(move: Move, loader: MigrationLoader, *, outdated: Sequence[str]) -> None:
    """Raises MoveRefused with every reason there is. `outdated` are shops whose migrations are not those of the code; what
    hangs on the table is looked at in the current schema."""
    reasons = list(_about_apps(move, loader))
    if not reasons:
        state = loader.project_state()
        reasons = [
            *_about_model(move, state),
            *_about_accessors(move),
            *_about_migrations(move, loader, state, outdated),
        ]
    if not reasons:
        reasons = list(_about_table(move))
    if reasons:
        raise MoveRefused(move.label, reasons)


def _about_apps(move: Move, loader: MigrationLoader) -> Iterator[Any]:
    names = {config.label for config in apps.get_app_configs()}
    if move.to_app not in names or move.to_app in loader.unmigrated_apps:
        yield _(
            "There is no app “%(app)s”: make it with an empty package “migrations” and add it to TENANT_APPS first."
        ) % {"app": move.to_app}
    elif move.from_app == move.to_app:
        yield _("It is in this app already.")
    elif move.from_app not in names or move.model not in apps.all_models[move.from_app]:
        yield _("There is no such model in the code: plan the move before the class is moved.")
    elif move.model in apps.all_models[move.to_app]:
        yield _(
            "%(app)s has a model of this name already, and the reverse accessors of the two would clash: give one of them "
            "another name, or remove the class that was moved too early."
        ) % {"app": move.to_app}
    elif len({bool(_in_shops(app)) for app in (move.from_app, move.to_app)}) == 2:
        yield _("One of the apps has its tables in the shops, the other one in public: rows don't leave a schema.")


def _is_installed(app: str) -> bool:
    """Whether the app came with a package, so that its files are not ours to write."""
    return not {"site-packages", "dist-packages"}.isdisjoint(Path(apps.get_app_config(app).path).parts)


def _in_shops(app: str) -> bool:
    return apps.get_app_config(app).name in settings.TENANT_APPS


def _about_model(move: Move, state: ProjectState) -> Iterator[Any]:
    model = apps.get_model(*move.old)
    options = model._meta
    named = {str(getattr(settings, name, "")).lower() for name in NAMED_BY}
    if options.proxy or not options.managed or options.auto_created or options.label_lower in named:
        yield _("Only a model with a table of its own that no setting names can be moved.")
    if options.parents and not options.proxy:
        yield _("It is a child: half of each row is in its parent's table.")
    children = [
        f"{app}.{each.name}"
        for (app, _name), each in state.models.items()
        if any(isinstance(base, str) and base.lower() == f"{move.from_app}.{move.model}" for base in each.bases)
    ]
    if children:
        yield _(
            "It is a parent, of %(models)s: their keys are this model's. Move it by hand together with them, or turn the "
            "inheritance into a one-to-one field first."
        ) % {"models": ", ".join(children)}
    pointing = {app for app, _found in _pointing(move, state, migrations.AlterField)}
    if foreign := sorted(app for app in {*pointing, move.from_app, move.to_app} if _is_installed(app)):
        yield _("Migrations would have to be written into packages that others maintain: %(apps)s.") % {
            "apps": ", ".join(foreign)
        }
    if move.way == COPY and not isinstance(options.pk, AutoField | BigAutoField):
        yield _("Only rows whose keys the database counts can be copied in batches: choose --way=keep or --way=rename.")
    if move.way == COPY and not getattr(settings, "GUARD_TRIGGERS", True):
        yield _("A copy is kept in step by triggers, and GUARD_TRIGGERS is off: choose --way=keep.")


def _about_accessors(move: Move) -> Iterator[Any]:
    """A related_name with the app's label in it changes with the app."""
    model: Any = apps.get_model(*move.old)
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        written = getattr(field, "_related_name", None)
        if not field.remote_field or not written or "%(app_label)s" not in written:
            continue
        name = written % {"app_label": move.to_app, "class": move.model, "model_name": move.model}
        target = field.remote_field.model
        taken = {each.name: each for each in target._meta.get_fields(include_hidden=True) if not each.auto_created}
        taken |= {each.get_accessor_name(): each.field for each in target._meta.related_objects}
        if name in taken and getattr(taken[name], "model", None) is not model:
            yield _(
                "Its reverse accessor %(accessor)s would clash with %(other)s: give %(field)s another related_name first."
            ) % {"accessor": f"{target.__name__}.{name}", "other": taken[name], "field": field}


def _about_migrations(
    move: Move, loader: MigrationLoader, state: ProjectState, outdated: Sequence[str]
) -> Iterator[Any]:
    if outdated:
        yield _(
            "Migrations are not applied in these shops: %(shops)s. A move is planned on what all shops have: run "
            "migrate_tenants first."
        ) % {"shops": ", ".join(outdated[:5]) + (" …" if len(outdated) > 5 else "")}
    if conflicts := loader.detect_conflicts():
        yield _("These apps have several last migrations: %(apps)s. Merge them first.") % {
            "apps": ", ".join(sorted(conflicts))
        }
        return
    finder = MigrationAutodetector(
        state, ProjectState.from_apps(apps), NonInteractiveMigrationQuestioner(dry_run=True, specified_apps=set())
    )
    with translation.override(None):  # texts are compared as they stand in the code
        changes = finder.changes(graph=loader.graph)
    if changed := sorted(set(changes) & {move.from_app, move.to_app}):
        yield _("The models of %(apps)s are not those of their migrations: run makemigrations first.") % {
            "apps": ", ".join(changed)
        }


def _about_table(move: Move) -> Iterator[Any]:
    """What hangs on the table in the schema where we are, and knows it by its name or would stay behind."""
    table = apps.get_model(*move.old)._meta.db_table
    if move.way == KEEP:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_class c ON c.relnamespace = p.pronamespace"
            " WHERE c.oid = to_regclass(quote_ident(%s)) AND p.prosrc ~ %s ORDER BY 1",
            [table, rf"\m{re.escape(table)}\M"],
        )
        functions = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT tgname FROM pg_catalog.pg_trigger WHERE tgrelid = to_regclass(quote_ident(%s)) AND NOT tgisinternal"
            " UNION ALL SELECT DISTINCT v.relname FROM pg_catalog.pg_depend d"
            " JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::regclass"
            " JOIN pg_catalog.pg_class v ON v.oid = r.ev_class WHERE d.refobjid = to_regclass(quote_ident(%s)) ORDER BY 1",
            [table, table],
        )
        stuck = [name for (name,) in cursor.fetchall()]
    if functions:
        yield _(
            "Functions name the table %(table)s and would not find it any more: %(names)s. Choose --way=keep, or let them "
            "be told the rows by their callers first."
        ) % {"table": table, "names": ", ".join(functions)}
    if stuck and move.way == COPY:
        yield _(
            "Triggers or views hang on the table and would stay behind: %(names)s. Choose --way=keep or --way=rename, "
            "which carry them along."
        ) % {"names": ", ".join(stuck)}


# --- showing and writing --------------------------------------------------------------------------------------------------


def path_of(migration: Migration) -> Path:
    """Where the file of this migration belongs."""
    return Path(MigrationWriter(migration).path)


def text_of(migration: Migration) -> str:
    """The file of this migration."""
    with translation.override(None):  # and written so
        text: str = MigrationWriter(migration, include_header=False).as_string()
    if not migration.atomic:
        text = text.replace("(migrations.Migration):\n", "(migrations.Migration):\n\n    atomic = False\n", 1)
    return text


def write(planned: Sequence[Migration]) -> list[Path]:
    """Write all files, or none when one of them is there already. Raises MoveRefused."""
    paths = {path_of(each): each for each in planned}
    if there := [path for path in paths if path.exists()]:
        names = ", ".join(path.name for path in there)
        raise MoveRefused(str(planned[0]), [_("These files are there already: %(names)s.") % {"names": names}])
    for path, migration in paths.items():
        path.parent.mkdir(exist_ok=True)
        if not (package := path.parent / "__init__.py").exists():
            package.touch()
        path.write_text(text_of(migration), encoding="utf-8")
    return list(paths)


def statements(planned: Sequence[Migration], loader: MigrationLoader) -> Iterator[tuple[Migration, list[str]]]:
    """The SQL of each migration as the current schema would get it. Nothing is executed."""
    state = loader.project_state()
    for migration in planned:
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        yield migration, editor.collected_sql
