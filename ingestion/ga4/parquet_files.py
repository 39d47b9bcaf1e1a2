"""GA4 day files as Parquet, in the nesting that BigQuery exports and in the plain one, and as Avro."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
from duckdb.sqltypes import DuckDBPyType

from home.sql import Sql, identifier, joined, literal, quoted, sql_file
from ingestion.delivered.column_names import name_meant
from ingestion.delivered.delivered_file import DeliveredFile
from ingestion.delivered.parquet.parquet_vetting import ParquetLayout, ParquetVetting
from ingestion.delivered.parquet.parquet_view import VIEW, make_view
from ingestion.delivered.raw_relation import RawRelation
from ingestion.ga4.fields import DIGESTED_TEXTS, EVENT_FIGURES, EVENT_TEXTS, event_columns, with_parameters
from ingestion.ga4.schema import BUNDLE_FIELDS, EXPECTED_FIELDS, KNOWN_FIELDS, NEEDED_FIELDS, READ_PARAMETERS
from refusals.errors import InputRefused

_WHOLE_NUMBERS = ("tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint")
_WRAPPERS = ("list", "element", "item", "array", "array_element", "bag")
# A row of a day file gives at most so many values to what follows.
COLUMNS = 12

_NULL = Sql("cast(null as varchar)")
_NO_PARAMETERS = Sql("cast([] as struct(key varchar, string_value varchar, int_value varchar)[])")


def parquet_events(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, vetting: ParquetVetting
) -> RawRelation:
    """The file's events; only the columns that are needed are read.

    Raises:
        InputRefused: it is no whole Parquet file, lacks a needed column, or a column that is read has another type.
    """
    columns = _columns_of(file, vetting.layout(file, descriptor, COLUMNS))
    delivered = sum(1 << bit for bit, name in enumerate((*NEEDED_FIELDS, *EXPECTED_FIELDS)) if name in columns.types)
    select = sql_file(
        "ingestion.ga4",
        "parquet_events",
        delivered_fields=Sql(f"{int(delivered)}"),
        unknown_fields=joined(literal(name) for name in columns.types if name not in KNOWN_FIELDS),
        event_timestamp_read=columns.whole_number("event_timestamp"),
        user_pseudo_id_read=columns.text("user_pseudo_id", or_number=False),
        user_id_read=columns.text("user_id"),
        analytics_storage_read=columns.nested_text("privacy_info", "analytics_storage"),
        stream_id_read=columns.text("stream_id"),
        event_name_read=columns.text("event_name"),
        bundle_fields_read=joined(Sql(f"{columns.as_it_is(name)} as {identifier(name)}") for name in BUNDLE_FIELDS),
        country_read=columns.nested_text("geo", "country"),
        region_read=columns.nested_text("geo", "region"),
        device_category_read=columns.nested_text("device", "category"),
        parameters_read=columns.parameters(),
    )
    select = with_parameters(select)
    # The identity joins texts: these are measured first, one by one.
    measured = Sql(f"select {event_columns()}, {joined(map(identifier, DIGESTED_TEXTS))} from ({select})")
    vetting.measure(file, descriptor, measured, ("event_timestamp", *EVENT_TEXTS, *DIGESTED_TEXTS), EVENT_FIGURES)
    make_view(con, descriptor, file.format)
    return RawRelation(file.shown, select, {})


def parquet_links(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, vetting: ParquetVetting
) -> RawRelation:
    """`user_pseudo_id` and `user_id` alone, of the rows that have both.

    Raises:
        InputRefused: as `parquet_events`, for these two.
    """
    columns = _columns_of(file, vetting.layout(file, descriptor, COLUMNS))
    select = Sql(f"""
        select
            {columns.text("user_pseudo_id", or_number=False)} as user_pseudo_id,
            {columns.text("user_id")} as user_id
        from {VIEW}
    """)
    vetting.measure(file, descriptor, select, ("user_pseudo_id", "user_id"))
    make_view(con, descriptor, file.format)
    return RawRelation(file.shown, select, {})


@dataclass(frozen=True, slots=True)
class _Columns:
    """A file's top-level columns by name, and how each is read as text."""

    shown: str
    types: dict[str, DuckDBPyType]
    only_nulls: frozenset[str]
    """Paths, without what wraps a list's elements, that their writer knew to hold nothing but nulls: their type says
    nothing. A list that is empty in every row counts as one."""

    def text(self, name: str, or_number: bool = True) -> Sql:
        return self._as_text(name, quoted(name), self.types.get(name), or_number)

    def as_it_is(self, name: str) -> Sql:
        """Whatever it is as text: of what is only compared, no type is wrong."""
        return Sql(f"cast({quoted(name)} as varchar)") if name in self.types else _NULL

    def nested_text(self, record: str, name: str) -> Sql:
        kind = self.types.get(record)
        if kind is None or record in self.only_nulls:
            return _NULL
        if kind.id != "struct":
            raise self._retyped(record, "a record")
        expression = Sql(f"{quoted(record)}.{quoted(name)}")
        return self._as_text(f"{record}.{name}", expression, _fields_of(kind).get(name))

    def whole_number(self, name: str) -> Sql:
        kind = self.types[name]
        if kind.id not in _WHOLE_NUMBERS:
            raise self._retyped(name, "a whole number of microseconds (INT64)")
        return Sql(f"cast({quoted(name)} as varchar)")

    def parameters(self) -> Sql:
        """`event_params` as a list of (`key`, `string_value`, `int_value`), out of whatever wraps its elements."""
        kind, records = self.types.get("event_params"), quoted("event_params")
        if kind is None or "event_params" in self.only_nulls:
            return _NO_PARAMETERS
        if kind.id == "struct" and [*_fields_of(kind)] == ["list"]:
            kind, records = _fields_of(kind)["list"], Sql(f'{records}."list"')
        if kind.id != "list":
            raise self._retyped("event_params", "a repeated record")
        fields = _fields_of(_fields_of(kind)["child"])
        if len(fields) == 1:
            [(wrapper, wrapped)] = fields.items()
            records = Sql(f"list_transform({records}, lambda e: e.{quoted(wrapper)})")
            fields = _fields_of(wrapped)
        value = fields.get("value")
        if "key" not in fields or value is None or value.id != "struct":
            raise self._retyped("event_params", "a repeated record of key and value")
        values = _fields_of(value)
        keys = joined(map(literal, READ_PARAMETERS))
        text = self._as_text("event_params.value.string_value", Sql("p.value.string_value"), values.get("string_value"))
        number = self._as_text("event_params.value.int_value", Sql("p.value.int_value"), values.get("int_value"))
        return Sql(f"""
            list_transform(
                list_filter({records}, lambda p: p.key in ({keys})),
                lambda p: {{'key': p.key, 'string_value': {text}, 'int_value': {number}}}
            )""")

    def _as_text(self, name: str, expression: Sql, kind: DuckDBPyType | None, or_number: bool = True) -> Sql:
        if kind is None or name in self.only_nulls:
            return _NULL
        if kind.id == "varchar" or (or_number and kind.id in _WHOLE_NUMBERS):
            return Sql(f"cast({expression} as varchar)")
        raise self._retyped(name, "text")

    def _retyped(self, name: str, wanted: str) -> InputRefused:
        return InputRefused(f"{self.shown}: column {name} is not {wanted}: deliver it in the schema of the GA4 export")


def _type_of(described: str) -> DuckDBPyType:
    """A column's type; of one with fields whose names the engine cannot read back, none that is ever read."""
    try:
        return duckdb.sqltype(described)
    except duckdb.Error:
        return duckdb.sqltype('"NULL"')


def _fields_of(kind: DuckDBPyType) -> dict[str, DuckDBPyType]:
    """What a nested type is made of, by name; a list's elements are its `child`. A plain type is made of nothing."""
    if kind.id not in ("struct", "list"):
        return {}
    return {name: part for name, part in kind.children if isinstance(part, DuckDBPyType)}


def _columns_of(file: DeliveredFile, layout: ParquetLayout) -> _Columns:
    types = {name: _type_of(kind) for name, kind in layout.types.items()}
    for name in NEEDED_FIELDS:
        if name not in types:
            raise InputRefused(
                f"{file.shown}: lacks the column {name}{name_meant(name, types)}: deliver it in the schema of the GA4"
                " export"
            )
    return _Columns(file.shown, types, frozenset(_paths_of_nulls(layout.schema)))


def _paths_of_nulls(schema: list[tuple[str, int | None, str | None]]) -> Iterator[str]:
    """From Parquet's schema, which lists its nodes depth first, the root before all."""
    open_nodes: list[tuple[str, int]] = []
    for name, children, logical_type in schema[1:]:
        path = [node for node, _ in open_nodes] + [name]
        if logical_type == "NullType()":
            yield ".".join(part for part in path if part not in _WRAPPERS)
        if open_nodes:
            open_nodes[-1] = (open_nodes[-1][0], open_nodes[-1][1] - 1)
        if children:
            open_nodes.append((name, children))
        while open_nodes and open_nodes[-1][1] == 0:
            open_nodes.pop()
