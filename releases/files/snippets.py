"""How to load a release, one line a language: plain data, shown in the README and the portal and run by the tests.

Codes need care in CSV: `001` (the world) would be read as the number 1, `NA` (Namibia) as missing. So the lines for
CSV say which columns are text, and that only an empty cell is missing. Parquet needs no such care; base R reads CSV
alone.
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

#: Columns whose values can look like numbers and are none.
TEXT_COLUMNS = ("region_code", "region_covers")
DATE_COLUMNS = ("week_start",)

#: Language to the file that it reads and the line that reads it; `{file}` is the file's quoted address.
LINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "DuckDB": ("parquet", "select * from read_parquet({file});"),
        "pandas": ("parquet", "import pandas; data = pandas.read_parquet({file})"),
        "R": ("csv", 'data <- read.csv({file}, na.strings = "", encoding = "UTF-8"{classes})'),
        "DuckDB, from CSV": ("csv", "select * from read_csv({file}{types});"),
        "pandas, from CSV": (
            "csv",
            'import pandas; data = pandas.read_csv({file}, keep_default_na=False, na_values=[""]{dtypes}{dates})',
        ),
    }
)


def snippets(columns: Sequence[str], folder: str = "", name: str = "data") -> dict[str, str]:
    """By language, the line that loads the table `name` of a release.

    `columns`: the names in its CSV file. `folder`: where the release is, a path or an address, with a slash at the end;
    empty for the folder that one is in.
    """
    texts = [column for column in TEXT_COLUMNS if column in columns]
    dates = [column for column in DATE_COLUMNS if column in columns]
    classes = [f'{column} = "character"' for column in texts] + [f'{column} = "Date"' for column in dates]
    types = ", ".join(f"'{column}': 'varchar'" for column in texts)
    options = {
        "classes": f", colClasses = c({', '.join(classes)})" if classes else "",
        "types": f", types = {{{types}}}" if texts else "",
        "dtypes": f", dtype={json.dumps(dict.fromkeys(texts, 'str'))}" if texts else "",
        "dates": f", parse_dates={json.dumps(dates)}" if dates else "",
    }
    return {
        language: line.format(file=_quoted(f"{folder}{name}.{format_}", language), **options)
        for language, (format_, line) in LINES.items()
    }


def _quoted(address: str, language: str) -> str:
    """An address as a text of the language."""
    if language.startswith("DuckDB"):
        return "'" + address.replace("'", "''") + "'"
    return json.dumps(address, ensure_ascii=False)
