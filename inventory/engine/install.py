"""The engine's SQL functions, for migrations."""

from pathlib import Path

from core.sql_functions import SqlFunctions

functions = SqlFunctions(Path(__file__).parent / "sql")
create, drop, newest, text = functions.create, functions.drop, functions.newest, functions.text
