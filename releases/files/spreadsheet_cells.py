"""Texts that a spreadsheet would run or cut are refused, never changed: what is published is what was counted."""

import re

from refusals.errors import PublicationRefused

#: Excel's limit for one cell; LibreOffice's is the same.
LONGEST_CELL = 32_767

#: What begins a formula; after a `;` too, at which a spreadsheet set to a Dutch locale cuts the line, quotes or not.
_FORMULA = re.compile(r"(^|;)[\s\"']*[=+\-@]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def check_cell(file: str, column: str, cell: str) -> None:
    """A text that spreadsheets show as it is. Source: OWASP, "CSV Injection".

    Raises:
        PublicationRefused: it begins like a formula and is no number, holds a tab, a line end or another control
            character, or is longer than a cell can be. The text is not quoted.
    """
    where = f"{file}, column {column}"
    if len(cell) > LONGEST_CELL:
        raise PublicationRefused(
            f"{where}: a text is longer than a spreadsheet's cell ({LONGEST_CELL} characters); shorten it"
        )
    if _CONTROL.search(cell):
        raise PublicationRefused(f"{where}: a text holds a tab, a line end or another control character; take it out")
    if _FORMULA.search(cell) and not _NUMBER.fullmatch(cell):
        raise PublicationRefused(
            f"{where}: a spreadsheet would take a text for a formula (= + - @ begin one); rename it"
        )
