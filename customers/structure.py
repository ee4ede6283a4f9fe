"""What a schema is made of, as one number: two shops of the same structure can be made by the same statements.

Rows don't count, nor do the schema's own name, the server's internal triggers, and the brackets and casts that PostgreSQL
writes elsewhere once it has read its own text of a rule.
"""

import hashlib

from django.db import connection, transaction

# Each gives (kind, name, what it is). %(schema)s is the schema's key, %(tables)s are the keys of all that has columns.
_QUESTIONS = (
    # relation, its columns
    "SELECT 'relation', c.relname, concat_ws(' ', c.relkind, c.relpersistence, c.reloptions, c.relrowsecurity,"
    "       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)"
    "  FROM pg_class c WHERE c.oid = ANY(%(tables)s)",
    "SELECT 'column', c.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    "       a.attidentity, a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid))"
    "  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    "  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE a.attrelid = ANY(%(tables)s) AND a.attnum > 0 AND NOT a.attisdropped",
    # what hangs on a table
    "SELECT 'constraint', c.relname || '.' || o.conname, pg_get_constraintdef(o.oid)"
    "  FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid WHERE o.conrelid = ANY(%(tables)s)",
    "SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid)"
    "  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ANY(%(tables)s)",
    "SELECT 'trigger', c.relname || '.' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)"
    "  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgrelid = ANY(%(tables)s) AND NOT t.tgisinternal",
    "SELECT 'rule', c.relname || '.' || r.rulename, pg_get_ruledef(r.oid)"
    "  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE r.ev_class = ANY(%(tables)s)",
    "SELECT 'policy', c.relname || '.' || p.polname, concat_ws(' ', p.polcmd, p.polpermissive,"
    "       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))"
    "  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.polrelid = ANY(%(tables)s)",
    "SELECT 'sequence', c.relname, concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin,"
    "       s.seqcache, s.seqcycle)"
    "  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE s.seqrelid = ANY(%(tables)s)",
    # what stands beside the tables
    "SELECT 'function', p.proname || ' ' || pg_get_function_identity_arguments(p.oid), pg_get_functiondef(p.oid)"
    "  FROM pg_proc p WHERE p.pronamespace = %(schema)s AND p.prokind IN ('f', 'p')",
    "SELECT 'aggregate', p.proname, '' FROM pg_proc p WHERE p.pronamespace = %(schema)s AND p.prokind NOT IN ('f', 'p')",
    "SELECT 'type', t.typname, concat_ws(' ', t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull,"
    "       t.typdefault, (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e"
    "       WHERE e.enumtypid = t.oid))"
    "  FROM pg_type t WHERE t.typnamespace = %(schema)s AND t.typrelid = 0 AND t.typcategory <> 'A'",
    "SELECT 'statistics', s.stxname, pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s"
    " WHERE s.stxnamespace = %(schema)s",
    "SELECT 'operator', o.oprname, '' FROM pg_operator o WHERE o.oprnamespace = %(schema)s",
    "SELECT 'collation', o.collname, '' FROM pg_collation o WHERE o.collnamespace = %(schema)s",
)


def structure_of(schema_name: str) -> str:
    """32 hexadecimal digits of everything in a schema but its rows. Takes a tenth of a second among a thousand shops."""
    found = hashlib.sha256()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        [before] = cursor.fetchone()
        # Then the server writes every name with its schema.
        cursor.execute("SELECT set_config('search_path', 'pg_catalog', true)")
        cursor.execute("SELECT oid FROM pg_namespace WHERE nspname = %s", [schema_name])
        [schema] = cursor.fetchone()
        cursor.execute("SELECT oid FROM pg_class WHERE relnamespace = %s AND relkind NOT IN ('i', 'I')", [schema])
        tables = [key for (key,) in cursor.fetchall()]
        for question in _QUESTIONS:
            cursor.execute(
                "SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\"), ''))"  # noqa: S608 - ours
                " FROM (SELECT regexp_replace(regexp_replace(concat_ws(' ', kind, name, what), %(own)s, '', 'g'),"
                "              '::(character varying|text)(\\[\\])?|[()]', '', 'g') AS line"
                f"        FROM ({question}) AS asked (kind, name, what)) AS lines",
                {"schema": schema, "tables": tables, "own": rf"\m{schema_name}\."},
            )
            found.update(cursor.fetchone()[0].encode())
        cursor.execute("SELECT set_config('search_path', %s, true)", [before])
    return found.hexdigest()[:32]
