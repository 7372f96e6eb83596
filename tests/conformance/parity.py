"""Our tables against those that Metaxy's own functions give SQLAlchemy: both are created, and what the database then says of
them is compared column by column. DEVIATIONS are those of docs/metaxy.md, "Tables"."""

import duckdb
from lab import Lab, Project, psycopg
from metaxy.models.feature import FeatureGraph
from scenarios import scenario

# What differs on purpose, by dialect and kind of column: (theirs, ours).
DEVIATIONS = {
    # JSON on DuckDB cannot be resolved; JSONB is what Metaxy itself creates on PostgreSQL (contract E3, E4).
    ("duckdb", "by_field"): ("JSON", "STRUCT"),
    ("postgresql", "by_field"): ("json", "jsonb"),
    # Texts without a limit are TEXT on PostgreSQL (contract E4).
    ("postgresql", "text"): ("character varying", "text"),
}
BY_FIELD = ("metaxy_provenance_by_field", "metaxy_data_version_by_field")


def kind_of(column: str) -> str:
    return "by_field" if column in BY_FIELD else "text"


def same_type(dialect: str, column: str, theirs: str, ours: str) -> bool:
    expected = DEVIATIONS.get((dialect, kind_of(column)))
    if theirs == ours:
        return True
    return expected is not None and theirs == expected[0] and ours.split("(")[0] == expected[1]


class Scratch:
    """A database that holds nothing but what is given to it."""

    def __init__(self, lab: Lab, dialect: str):
        self.dialect = dialect
        self.connection = duckdb.connect(":memory:") if dialect == "duckdb" else psycopg.connect(lab.new_database(), autocommit=True)

    def run(self, statements) -> None:
        for statement in statements:
            self.connection.execute(statement)

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def columns(self, table: str) -> dict:
        """name -> (type, is nullable), in order."""
        if self.dialect == "duckdb":
            sql = f"SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = '{table}' ORDER BY column_index"
        else:
            sql = (
                "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute "
                f"WHERE attrelid = '\"{table}\"'::regclass AND attnum > 0 ORDER BY attnum"
            )
        return {name: (type_, bool(null)) for name, type_, null in self.rows(sql)}

    def constraints(self, table: str) -> set:
        """Kind and columns; names are Metaxy's or ours (contract E1)."""
        if self.dialect == "duckdb":
            sql = f"SELECT constraint_type, constraint_column_names FROM duckdb_constraints() WHERE table_name = '{table}' AND constraint_type <> 'NOT NULL'"
        else:
            sql = (
                "SELECT contype::text, ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k(n, i) "
                "JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY i) "
                f"FROM pg_constraint WHERE conrelid = '\"{table}\"'::regclass AND contype <> 'n'"
            )
        return {(kind, tuple(columns)) for kind, columns in self.rows(sql)}

    def indexes(self, table: str) -> set:
        """Unique or not, and columns."""
        if self.dialect == "duckdb":
            sql = f"SELECT is_unique, expressions FROM duckdb_indexes() WHERE table_name = '{table}'"
            return {(unique, text.replace('"', "").replace("'", "")) for unique, text in self.rows(sql)}
        sql = (
            "SELECT indisunique, ARRAY(SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS k(n, i) "
            "JOIN pg_attribute ON attrelid = indrelid AND attnum = n ORDER BY i) FROM pg_index "
            f"WHERE indrelid = '\"{table}\"'::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"
        )
        return {(unique, str(columns)) for unique, columns in self.rows(sql)}


def statements_of(metadata, dialect: str) -> list[str]:
    from sqlalchemy.schema import CreateIndex, CreateTable

    compiled = sqlalchemy_dialect(dialect)
    result = []
    for table in metadata.sorted_tables:
        result.append(str(CreateTable(table).compile(dialect=compiled)))
        result += [str(CreateIndex(index).compile(dialect=compiled)) for index in sorted(table.indexes, key=lambda i: i.name)]
    return result


def sqlalchemy_dialect(name: str):
    if name == "duckdb":
        from duckdb_engine import Dialect

        return Dialect()
    from sqlalchemy.dialects import postgresql

    return postgresql.dialect()


def our_statements(project: Project, *flags: str) -> list[str]:
    text = project.tool("metadata", *flags, "--format", "sql").out
    return [part.strip() for part in text.split(";\n") if part.strip()]


def compare(dialect: str, tables, theirs: Scratch, ours: Scratch, left_out=frozenset()) -> list[str]:
    found = []
    for table in tables:
        wanted, have = theirs.columns(table), ours.columns(table)
        if list(wanted) != list(have):
            found.append(f"{table}: columns {list(wanted)}, ours {list(have)}")
        for column, (type_, nullable) in wanted.items():
            mine = have.get(column)
            if mine and (not same_type(dialect, column, type_, mine[0]) or nullable != mine[1]):
                found.append(f"{table}.{column}: {type_} {'NULL' if nullable else 'NOT NULL'}, ours {mine}")
        for what in ("constraints", "indexes"):
            a, b = getattr(theirs, what)(table) - left_out, getattr(ours, what)(table)
            if a != b:
                found.append(f"{table}: {what} {sorted(a)}, ours {sorted(b)}")
    return found


@scenario
def system_tables_are_those_of_metaxys_own_metadata(lab: Lab, dialect: str):
    from metaxy.ext.sqlalchemy import get_system_slqa_metadata

    project = Project(lab, dialect, "system_parity")
    project.configure(table_prefix="pre_")
    graph = FeatureGraph()
    with project.metaxy(graph):
        url, metadata = get_system_slqa_metadata(project.store())
    for table in metadata.tables.values():
        # Indexes are left out on purpose: they serve no read of Metaxy's and hinder every later ALTER on DuckDB.
        table.indexes.clear()
    for flags, has_keys in ((("--system-pk=metaxy",), True), ((), False)):
        theirs, ours = Scratch(lab, dialect), Scratch(lab, dialect)
        theirs.run(statements_of(metadata, dialect))
        ours.run(our_statements(project, "--system", *flags))
        found = compare(dialect, metadata.tables, theirs, ours)
        if has_keys:
            assert not found, "\n".join(found)
        else:
            # Without the flag the keys, and nothing else, are missing (contract D2).
            assert len(found) == 2 and all("constraints" in line and "ours []" in line for line in found), found
