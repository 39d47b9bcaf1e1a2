"""Which nested fields of an event are what the export's schema says: in JSON nothing else tells a retyped one."""

from typing import Final

from home.sql import Sql, identifier, joined, literal

NESTED_FIELDS: Final = ("event_params", "privacy_info", "geo", "device")
NESTED_TYPES: Final = ("a list of records of key and value", "a record", "a record", "a record")

_TEXTS: Final = {"privacy_info": ("analytics_storage",), "geo": ("country", "region"), "device": ("category",)}


def nesting(line: Sql) -> Sql:
    """SQL over the JSON text `line`: two masks of NESTED_FIELDS, `right_fields` and `retyped_fields`.

    Bit i of the first: field i has a value of its type; of the second: one of another. None of both: no value.
    """
    kinds = {"event_params": _is_list_of_parameters(line)}
    kinds |= {field: _is_record_of_texts(line, field, texts) for field, texts in _TEXTS.items()}
    right = joined((_bit(_holds(kinds[field]), bit) for bit, field in enumerate(NESTED_FIELDS)), " | ")
    retyped = joined(
        (_bit(_is_another(line, field, kinds[field]), bit) for bit, field in enumerate(NESTED_FIELDS)), " | "
    )
    return Sql(f"cast({right} as usmallint) as right_fields, cast({retyped} as usmallint) as retyped_fields")


def _bit(condition: Sql, number: int) -> Sql:
    return Sql(f"(cast({condition} as integer) << {int(number)})")


def _holds(condition: Sql) -> Sql:
    return Sql(f"coalesce({condition}, false)")


def _is_another(line: Sql, field: str, is_right: Sql) -> Sql:
    has_value = Sql(f"coalesce(json_type({line}, '$.{identifier(field)}') <> 'NULL', false)")
    return Sql(f"{has_value} and not {_holds(is_right)}")


def _is_record_of_texts(line: Sql, field: str, texts: tuple[str, ...]) -> Sql:
    paths = joined(literal(f"$.{field}.{text}") for text in texts)
    return Sql(f"""(
        json_type({line}, '$.{identifier(field)}') = 'OBJECT'
        and len(list_filter(json_type({line}, [{paths}]), lambda kind: kind not in ('VARCHAR', 'NULL'))) = 0
    )""")


def _is_list_of_parameters(line: Sql) -> Sql:
    """Each of its elements, and each one's value, is a record; and each whole number is a scalar."""
    return Sql(f"""(
        json_type({line}, '$.event_params') = 'ARRAY'
        and len(list_filter(json_type({line}, '$.event_params[*]'), lambda kind: kind <> 'OBJECT')) = 0
        and len(list_filter(json_type({line}, '$.event_params[*].key'), lambda kind: kind <> 'VARCHAR')) = 0
        and len(list_filter(
            json_type({line}, '$.event_params[*].value'), lambda kind: kind not in ('OBJECT', 'NULL')
        )) = 0
        and len(list_filter(
            json_type({line}, '$.event_params[*].value.*'), lambda kind: kind in ('OBJECT', 'ARRAY')
        )) = 0
    )""")
