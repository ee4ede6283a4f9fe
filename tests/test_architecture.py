"""Rules that hold from the first migration, kept by reading models, migrations, sources and the database."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, migrations, models, transaction
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django.db.migrations.loader import MigrationLoader

ROOT = Path(settings.BASE_DIR)
LAYERS = ["core", "accounts", "products", "inventory", "orders", "reports"]  # each may know those before it
OURS = {*LAYERS, "customers"}
PUBLIC_ONLY = {"customers", "django_tasks_database"}
SIXTY_FOUR = {"bigint", "uuid"}


def our_models():
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OURS]


def relations(model):
    return [field for field in model._meta.get_fields() if field.is_relation and field.concrete and field.related_model]


def sources():
    for app in sorted(OURS | {"myproject"}):
        yield from sorted((ROOT / app).rglob("*.py"))
    yield ROOT / "conftest.py"


def our_migrations():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in OURS:
            yield f"{app}.{name}", migration


def operations(found):
    for operation in found:
        yield operation
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from operations(operation.database_operations)


def is_shared(label):
    names = {apps.get_app_config(each).name for each in [label]}
    return bool(names & set(settings.SHARED_APPS))


def is_tenant(label):
    return apps.get_app_config(label).name in settings.TENANT_APPS


# --- relations -------------------------------------------------------------------------------------------------------


def test_no_relation_leaves_its_schema():
    """A table that only the platform has must not point at one that only shops have, nor the other way round."""
    for model in apps.get_models(include_auto_created=True):
        here = model._meta.app_label
        for field in relations(model):
            there = field.related_model._meta.app_label
            if is_tenant(here):
                assert is_tenant(there), f"{model._meta.label}.{field.name} points into public"
            if is_shared(here):
                assert is_shared(there), f"{model._meta.label}.{field.name} points into a shop"


def test_relations_point_down_the_layers():
    """Foreign keys written as strings are invisible to the import linter, so the models are walked. Who did something
    may be written down everywhere: the person's model is named by Django's own setting and not by its app."""
    for model in our_models():
        here = model._meta.app_label
        for field in relations(model):
            there = field.related_model._meta.app_label
            if field.related_model._meta.label == settings.AUTH_USER_MODEL:
                continue
            if here in LAYERS and there in LAYERS:
                assert LAYERS.index(there) <= LAYERS.index(here), f"{model._meta.label}.{field.name} points up"
            if there == "customers":
                assert here == "customers", f"{model._meta.label}.{field.name} knows the tenants"


def test_no_relation_is_generic_and_no_content_type_is_stored():
    for model in our_models():
        for field in model._meta.get_fields(include_hidden=False):
            target = getattr(field, "related_model", None)
            if field.concrete and target is not None:
                assert target._meta.label != "contenttypes.ContentType", f"{model._meta.label}.{field.name}"


# --- keys ------------------------------------------------------------------------------------------------------------


def test_every_key_of_ours_has_64_bits():
    for model in our_models():
        key = model._meta.pk
        assert isinstance(key, models.BigAutoField | models.BigIntegerField | models.UUIDField) or (
            key.is_relation and isinstance(key.target_field, models.BigAutoField | models.UUIDField)
        ), f"{model._meta.label}: {key.__class__.__name__}"


def test_every_table_has_a_primary_key_and_ours_a_wide_one(shop):
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT n.nspname, c.relname, array_agg(format_type(a.atttypid, NULL)) FILTER (WHERE a.attnum IS NOT NULL)
              FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
             WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'rose', 'tulip')
             GROUP BY 1, 2
            """
        )
        found = cursor.fetchall()
    assert found
    ours = {model._meta.db_table: model._meta.label for model in our_models()}
    for schema, table, types in found:
        assert types, f"{schema}.{table} has no primary key"
        if table in ours and len(types) == 1:
            assert set(types) <= SIXTY_FOUR, f"{schema}.{table}: {types}"


def test_no_model_inherits_a_table_from_another():
    for model in our_models():
        assert not model._meta.parents or model._meta.proxy, f"{model._meta.label} inherits a table"


# --- SQL -------------------------------------------------------------------------------------------------------------


def statements(sql):
    """The single statements of one RunSQL side, as it was written."""
    if sql in (None, "", migrations.RunSQL.noop):
        return []
    assert isinstance(sql, list | tuple), f"RunSQL takes a list, one statement each: {sql[:60]!r}"
    return [each if isinstance(each, str) else each[0] for each in sql]


def without_bodies(text):
    """SQL without what stands in dollar quotes, strings and comments."""
    text = re.sub(r"(\$\w*\$).*?\1", "''", text, flags=re.DOTALL)
    text = re.sub(r"--[^\n]*", "", text)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"'(?:[^']|'')*'", "''", text)


def all_sql():
    for name, migration in our_migrations():
        for operation in operations(migration.operations):
            if isinstance(operation, migrations.RunSQL):
                for side in (operation.sql, operation.reverse_sql):
                    for statement in statements(side):
                        yield name, statement
    for path in sorted(ROOT.glob("*/engine/sql/*.sql")):
        yield str(path.relative_to(ROOT)), path.read_text()


def test_a_run_sql_has_one_statement_per_entry():
    for name, statement in all_sql():
        if not name.endswith(".sql"):
            assert without_bodies(statement).strip().rstrip(";").count(";") == 0, f"{name}: {statement[:80]!r}"


FORBIDDEN_SQL = {
    r"\bcurrent_schema\b": "answers public on a worker node",
    r"\bset\s+(local\s+|session\s+)?search_path\b": "the connection sets the schema, nobody else",
    # How the node that plans is to plan changes no result and is nobody else's business.
    r"\bset_config\s*\((?!'(enable_seqscan|plan_cache_mode)',)": "session settings are not seen by other nodes",
    r"\bmerge\s+into\b": "fails on a cluster where a key is generated",
    r"\brename\s+constraint\b": "fails on a cluster",
    r"\binherits\s*\(": "fails on a cluster",
    r"\bcurrent_setting\s*\(": "session settings are not seen by other nodes",
    r"\bpublic\.\w": "a statement of a shop names no schema",
}


def test_sql_keeps_away_from_what_a_cluster_or_a_shop_can_not_bear():
    for name, statement in all_sql():
        text = re.sub(r"--[^\n]*", "", statement)
        for pattern, why in FORBIDDEN_SQL.items():
            assert not re.search(pattern, text, re.IGNORECASE), f"{name}: {pattern} {why}"


def strings_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def test_no_key_that_counts_by_itself_is_added_to_a_table_that_is_there():
    """A cluster takes such a column with its table or not at all, and never widens it."""
    counting = (models.AutoField, models.SmallAutoField, models.BigAutoField)
    for name, migration in our_migrations():
        for operation in operations(migration.operations):
            if isinstance(operation, migrations.AddField | migrations.AlterField):
                assert not isinstance(operation.field, counting), f"{name}: {operation.model_name}.{operation.name}"


def test_triggers_are_a_second_line_that_can_be_left_out():
    """A server that runs no triggers on sharded tables gets none: one setting switches them off."""
    found = []
    for path in sources():
        if "tests" not in path.parts and any(
            re.search(r"\bcreate\s+(constraint\s+)?trigger\b", node.value, re.IGNORECASE) for node in strings_of(path)
        ):
            found.append(path)
            assert "GUARD_TRIGGERS" in path.read_text(), f"{path}: use core.migration_helpers.guard_trigger"
    assert found
    for path in ROOT.glob("*/engine/sql/*.sql"):
        assert not re.search(r"\bcreate\s+(constraint\s+)?trigger\b", path.read_text(), re.IGNORECASE), path


def test_without_guard_triggers_there_is_nothing_to_install(settings):
    from core.migration_helpers import guard_trigger

    described = {"table": "x", "when": "before update", "each": "row", "message": "no"}
    assert len(guard_trigger("x_guard", **described)) == 2
    settings.GUARD_TRIGGERS = False
    assert guard_trigger("x_guard", **described) == []


def test_what_is_known_of_servers_stands_in_one_place():
    """Codes of errors worth another try, names of broken constraints, statements that name a schema."""
    only_in = {
        r"^(40P01|40001)$": {"core/transactions.py"},
        r"^constraint_name$": set(),
        r"\b(from|join|into|update)\s+\"?public\"?\.": set(),
    }
    for path in sources():
        where = str(path.relative_to(ROOT))
        if "tests" in path.parts or path.name == "conftest.py":
            continue
        tree = ast.parse(path.read_text())
        words = [(node.lineno, node.value) for node in strings_of(path)]
        words += [(node.lineno, node.attr) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        for pattern, places in only_in.items():
            for line, word in words:
                assert where in places or not re.search(pattern, word, re.IGNORECASE), f"{where}:{line}: {pattern}"


def test_python_code_sets_no_search_path_itself():
    for path in sources():
        if "tests" in path.parts:
            continue
        for node in strings_of(path):
            assert not re.search(r"\bset\s+(local\s+)?search_path\b|\bcurrent_schema\(", node.value, re.IGNORECASE), (
                f"{path.relative_to(ROOT)}:{node.lineno}"
            )


# --- entering a shop -------------------------------------------------------------------------------------------------

SHARED_STATE = {"schema_context", "tenant_context"}


def called_name(node):
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def test_a_shop_is_entered_only_by_the_one_context_manager():
    """`with client:` and the decorators keep their way back on an object that threads share."""
    for path in sources():
        where = path.relative_to(ROOT)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for decorator in node.decorator_list:
                    assert called_name(decorator) not in {*SHARED_STATE, "in_schema", "in_public"}, (
                        f"{where}:{node.lineno}"
                    )
            if isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if isinstance(item.context_expr, ast.Name | ast.Attribute):
                        name = called_name(item.context_expr).lower()
                        assert not re.search(r"client|tenant|shop", name), f"{where}:{node.lineno}: with {name}:"
                    elif called_name(item.context_expr) in SHARED_STATE:
                        assert where == Path("core/tenancy.py"), f"{where}:{node.lineno}"


# What knows no schema -> the modules that put the schema around it.
WRAPPED = {
    "django.core.signing": {"core/sealing.py"},
    "get_signed_cookie": {"core/sealing.py"},
    "set_signed_cookie": {"core/sealing.py"},
    "on_commit": {"core/tenancy.py", "core/middleware/shop.py"},
    "ContextVar": {"core/transactions.py"},
    "sync_to_async": set(),
    "Thread": {"core/embedded/running.py"},
    "ThreadPoolExecutor": {"core/object_store.py"},  # its threads get whole keys and ask neither schema nor database
}


def wrapped_names(tree):
    """(line, name) of everything in a module that WRAPPED speaks of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute):
            names = {node.attr}
        else:
            continue
        yield from ((node.lineno, name) for name in names & set(WRAPPED))


def test_signatures_callbacks_and_threads_carry_the_schema():
    """A stock signature is valid in every shop, a stock callback runs in the schema of then, a new thread in public."""
    for path in sources():
        where = str(path.relative_to(ROOT))
        if "tests" not in path.parts and path.name != "conftest.py":
            for line, name in wrapped_names(ast.parse(path.read_text())):
                assert where in WRAPPED[name], f"{where}:{line}: {name}; see core/sealing.py and core/tenancy.py"


@pytest.mark.parametrize(
    "code",
    [
        "from django.core import signing",
        "import django.core.signing",
        "from django.core.signing import dumps",
        "transaction.on_commit(work)",
        "from django.db.transaction import on_commit",
        "request.get_signed_cookie('x')",
        "threading.Thread(target=work)",
    ],
)
def test_the_rule_sees_every_way_of_writing_it(code):
    assert list(wrapped_names(ast.parse(code)))


def test_nothing_of_a_shop_is_kept_in_the_process():
    """What a function remembers between calls is remembered for all shops: only plain values may be asked and kept."""
    remembering = {}
    for path in sources():
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(
                called_name(each) in {"lru_cache", "cache"} for each in node.decorator_list
            ):
                remembering[f"{path.relative_to(ROOT)}:{node.name}"] = {
                    word.id if isinstance(word, ast.Name) else str(getattr(word, "attr", ""))
                    for argument in [*node.args.args, *node.args.kwonlyargs]
                    for word in ast.walk(argument.annotation)
                    if isinstance(word, ast.Name | ast.Attribute)
                }
    assert remembering
    plain = {"str", "int", "bool", "tuple", "Plain", "date", "datetime", "Decimal"}
    for where, kinds in remembering.items():
        assert kinds <= plain, f"{where} remembers by {kinds - plain}"


def test_shops_do_not_know_the_tenants_and_the_tenants_do_not_know_shops():
    for path in sources():
        app = path.relative_to(ROOT).parts[0]
        if app not in OURS or "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                there = name.partition(".")[0]
                where = f"{path.relative_to(ROOT)}:{node.lineno} imports {name}"
                if app == "customers":
                    assert there not in {"products", "inventory", "orders", "reports"}, where
                elif there == "customers":
                    raise AssertionError(where)
                elif app in LAYERS and there in LAYERS:
                    assert LAYERS.index(there) <= LAYERS.index(app), where


# --- the connection --------------------------------------------------------------------------------------------------


def schema_now():
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        return cursor.fetchone()[0].split(",")[0].strip(' "')


def switch_and_fail():
    """Go to the other shop inside a transaction or savepoint that is then rolled back."""
    try:
        with transaction.atomic():
            connection.set_schema("tulip")
            assert schema_now() == "tulip"
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass


def test_the_schema_is_right_after_a_rolled_back_savepoint(shop):
    assert settings.TENANT_LIMIT_SET_CALLS
    assert schema_now() == "rose"
    switch_and_fail()
    connection.set_schema("rose")
    assert schema_now() == "rose"
    switch_and_fail()
    assert connection.schema_name == "tulip"
    assert schema_now() == "tulip", "the server must follow what the connection believes"


@pytest.mark.race
def test_the_schema_is_right_after_a_rolled_back_transaction(committed_shop):
    assert schema_now() == "rose"
    switch_and_fail()
    assert schema_now() == connection.schema_name == "tulip"
    connection.set_schema("rose")
    assert schema_now() == "rose"


@pytest.mark.race
def test_work_after_the_commit_runs_in_the_schema_of_when_it_was_asked_for(committed_shop):
    from core.tenancy import after_commit, in_public, in_schema

    seen = []
    with in_public(), transaction.atomic():
        with in_schema("tulip"):
            after_commit(lambda: seen.append(schema_now()))
        after_commit(lambda: seen.append(schema_now()))
    assert seen == ["tulip", "public"]


@pytest.mark.race
def test_work_after_the_commit_that_fails_stops_nothing(committed_shop, caplog):
    from core.tenancy import after_commit

    seen = []

    def fail():
        raise ConnectionRefusedError("no mail server")

    with transaction.atomic():
        after_commit(fail)
        after_commit(seen.append, 1)
    assert seen == [1]
    assert "no mail server" in caplog.text


def test_the_driver_is_the_one_that_was_chosen():
    assert not is_psycopg3


def test_the_server_lowers_cyrillic_letters(shop):
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('РОЗА ЁЖ')")
        assert cursor.fetchone() == ("роза ёж",)


def test_every_business_table_is_in_every_shop_and_none_in_public(shop):
    business = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True)
        if is_tenant(model._meta.app_label) and not is_shared(model._meta.app_label) and model._meta.managed
    }  # fmt: skip
    assert business
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'rose', 'tulip')")
        tables = {}
        for schema, table in cursor.fetchall():
            tables.setdefault(schema, set()).add(table)
    assert business <= tables["rose"]
    assert tables["rose"] == tables["tulip"]
    assert not business & tables["public"]
    platform = {
        model._meta.db_table for model in apps.get_models() if not is_tenant(model._meta.app_label)
        and is_shared(model._meta.app_label)
    }  # fmt: skip
    assert not platform & tables["rose"]


# --- settings --------------------------------------------------------------------------------------------------------


def test_the_settings_keep_the_shops_apart():
    assert settings.SESSION_ENGINE == "core.sessions"
    assert settings.SESSION_COOKIE_DOMAIN is None
    assert settings.CSRF_COOKIE_DOMAIN is None
    assert not settings.USE_X_FORWARDED_HOST
    assert all(cache["KEY_FUNCTION"] == "django_tenants.cache.make_key" for cache in settings.CACHES.values())
    assert settings.DEFAULT_AUTO_FIELD == "django.db.models.BigAutoField"
    assert settings.INSTALLED_APPS.index("unfold") < settings.INSTALLED_APPS.index("django_tenants")
    assert settings.INSTALLED_APPS.index("customers") < settings.INSTALLED_APPS.index("django_tenants")


def test_no_shop_is_ever_dropped_by_deleting_its_row():
    from customers.models import Client

    assert Client.auto_drop_schema is False
    assert Client.auto_create_schema is True
