"""What the database should look like at each revision, and how it differs from that.

Beside each migration lies what it changes, in both dialects: `migrations/schemas/REVISION.DIALECT.txt`, a line for
each thing that it adds (``+``) or takes away (``-``). Added up they are the schema of a revision. ``make schemas``
writes them from what the migrations do; a migration that is edited later no longer fits its file, which a test finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from bot.wording import say

FOLDER = Path(__file__).parent / "migrations" / "schemas"
_CASTS = re.compile(r"::(character varying|text)(\[\])?|[()]")
_PLAIN_INDEX = re.compile(r"[^:]*: index ")

_SQLITE = text(
    """
SELECT m.name || ': column ' || c.name || ' ' || c.type || CASE WHEN c."notnull" THEN ' NOT NULL' ELSE '' END
    || coalesce(' DEFAULT ' || c.dflt_value, '') || CASE WHEN c.pk THEN ' PRIMARY KEY ' || c.pk ELSE '' END
FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
UNION ALL
SELECT m.name || ': foreign key ' || k."from" || ' to ' || k."table" || '.' || coalesce(k."to", 'id')
    || ' on update ' || k.on_update || ' on delete ' || k.on_delete
FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table'
UNION ALL
SELECT m.name || ': ' || CASE WHEN i."unique" THEN 'unique ' ELSE '' END
    || CASE WHEN i.origin = 'c' THEN 'index ' || i.name || ' ' ELSE '' END
    || '(' || (SELECT group_concat(coalesce(name, '?'), ', ') FROM pragma_index_info(i.name)) || ')'
    || coalesce((SELECT ' WHERE ' || substr(sql, instr(sql, ' WHERE ') + 7)
                 FROM sqlite_master WHERE name = i.name AND i.partial), '')
FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin <> 'pk'
UNION ALL
SELECT tbl_name || ': trigger ' || sql FROM sqlite_master WHERE type = 'trigger'
"""
)
_POSTGRESQL = text(
    """
WITH tables AS (SELECT oid, relname FROM pg_class WHERE relkind IN ('r', 'p')
                AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))
SELECT relname || ': column ' || attname || ' ' || format_type(atttypid, atttypmod)
    || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
FROM tables JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
UNION ALL
SELECT relname || ': ' || pg_get_constraintdef(pg_constraint.oid)
FROM tables JOIN pg_constraint ON conrelid = tables.oid AND contype IN ('p', 'u', 'f', 'c', 'x')
UNION ALL
SELECT tables.relname || ': ' || CASE WHEN indisunique THEN 'unique ' ELSE '' END || 'index ' || i.relname
    || CASE WHEN indisvalid THEN ' ' ELSE ' (invalid) ' END || regexp_replace(pg_get_indexdef(i.oid), '^.* USING ', '')
FROM tables JOIN pg_index ON indrelid = tables.oid JOIN pg_class i ON i.oid = indexrelid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.oid AND contype IN ('p', 'u', 'x'))
UNION ALL
SELECT relname || ': trigger ' || pg_get_triggerdef(pg_trigger.oid, true)
    || CASE WHEN tgenabled IN ('O', 'A') THEN '' ELSE ' (off)' END || ' AS ' || prosrc
FROM tables JOIN pg_trigger ON tgrelid = tables.oid AND NOT tgisinternal JOIN pg_proc ON pg_proc.oid = tgfoid
UNION ALL
SELECT relname || ': rule ' || rulename FROM tables JOIN pg_rewrite ON ev_class = tables.oid
"""
)


def description(connection: Connection) -> set[str]:
    """A line for each column, constraint, index, trigger and rule of the tables that are there. It is read from the
    catalogue with one query."""
    query = _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE
    return {_plain(line) for line in connection.execute(query).scalars()}


def _plain(line: str) -> str:
    # PostgreSQL writes the condition of an index in another way once it has come back from a dump.
    head, where, condition = " ".join(line.split()).partition(" WHERE ")
    return head + where + (_CASTS.sub("", condition) if "trigger" not in head else condition)


def expected(scripts: ScriptDirectory, dialect: str, revision: str) -> set[str]:
    """The lines of the description of a database at that revision."""
    lines: set[str] = set()
    for script in reversed(list(scripts.iterate_revisions(revision, "base"))):
        for change in (FOLDER / f"{script.revision}.{dialect}.txt").read_text("utf-8").splitlines():
            if change.startswith("+ "):
                lines.add(change[2:])
            else:
                lines.remove(change[2:])
    return lines


def differences(connection: Connection, scripts: ScriptDirectory, revision: str) -> list[str]:
    """What is not as it should be, a few words for each; empty if nothing. Tables of others, and an index that only
    makes something quicker, do no harm and are left out."""
    wanted = expected(scripts, connection.dialect.name, revision)
    tables = _tables(wanted)
    described = description(connection)
    found = {line for line in described if line.partition(":")[0] in tables}
    to_come = _tables(expected(scripts, connection.dialect.name, str(scripts.get_current_head()))) - tables
    missing_tables = tables - _tables(found)
    missing = [line for line in wanted - found if line.partition(":")[0] not in missing_tables]
    surplus = [line for line in found - wanted if not _PLAIN_INDEX.match(line)]
    return [
        *(say("schema_no_table", table=table) for table in sorted(missing_tables)),
        *(say("schema_later_table", table=table) for table in sorted(to_come & _tables(described))),
        *(say("schema_missing", what=_shown(line)) for line in sorted(missing)),
        *(say("schema_surplus", what=_shown(line)) for line in sorted(surplus)),
    ]


def _tables(lines: Iterable[str]) -> set[str]:
    return {line.partition(":")[0] for line in lines}


def _shown(line: str) -> str:
    table, _, what = line.partition(": ")
    return f"{table}: {what if len(what) <= 80 else what[:77] + '…'}"
