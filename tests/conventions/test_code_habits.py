"""Habits that keep rows out of logs and SQL, held against the syntax trees of all modules."""

import ast
import re

import pytest

from tests.conventions.tracked import PACKAGES, calls, files, modules, text_of

EXECUTORS = {"execute", "executemany", "sql", "query"}
# Names that hold a value of a row. SQL may be composed of tables, columns and constants; values are bound.
VALUES = {
    "address",
    "birth_date",
    "browser",
    "cell_value",
    "country",
    "email",
    "ip_address",
    "person",
    "row",
    "session_id",
    "text",
    "user",
    "user_id",
    "user_pseudo_id",
    "value",
}
# Says which dbt model took how long; looked through by hand.
LOGS_NAMES_AND_TIMES = {"dbt_project/dbt_command.py"}
LOGGERS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def composed_of_values(tree: ast.AST) -> list[int]:
    """Lines where SQL is composed of a row's value: of one by its name, of an element of a row, or by `%`."""
    found = []
    for call in calls(tree):
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in EXECUTORS and call.args):
            continue
        statement = call.args[0]
        if isinstance(statement, ast.BinOp) and isinstance(statement.op, ast.Mod):
            found.append(statement.lineno)
        if not isinstance(statement, ast.JoinedStr):
            continue
        for part in statement.values:
            if isinstance(part, ast.FormattedValue) and not _is_a_name_of_something(part.value):
                found.append(part.lineno)
    return found


def _is_a_name_of_something(expression: ast.expr) -> bool:
    """Whether an expression can be a table, a column, a constant, or SQL that a function composed of such."""
    if isinstance(expression, ast.Name):
        return expression.id not in VALUES
    if isinstance(expression, ast.Attribute):
        return expression.attr not in VALUES
    if isinstance(expression, ast.Call):
        return all(_is_a_name_of_something(argument) for argument in expression.args)
    return not isinstance(expression, ast.Subscript)


def test_sql_is_composed_of_names_and_never_of_values() -> None:
    assert {name: lines for name, tree in modules() if (lines := composed_of_values(tree))} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "con.execute(f'select * from users where user_id = {user_id}')",
        "con.execute(f'select * from users where user_id = {record.user_id}')",
        "con.sql(f'select {row[0]}')",
        "con.execute(f'select {quoted(user_id)}')",
        "con.execute('select * from t where x = %s' % x)",
    ],
)
def test_a_planted_value_in_sql_is_found(planted: str) -> None:
    assert composed_of_values(ast.parse(planted)) == [1]


def patterns_that_interpreters_match_differently(tree: ast.AST) -> list[str]:
    """Texts that hold a possessive repeat or an atomic group, which Python before 3.11.5 gets wrong."""
    plain = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)  # what stands escaped, or in a set of characters
    return [
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        if re.search(r"[*+?}]\+|\(\?>", plain.sub("x", text := _as_text(node.value)))
    ]


def _as_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def test_no_pattern_is_one_that_interpreters_match_differently() -> None:
    assert {
        name: found for name, tree in modules() if (found := patterns_that_interpreters_match_differently(tree))
    } == {}


@pytest.mark.parametrize(
    "planted",
    [
        r"re.compile(r'(?:ab?c)*+')",
        r"FIELD = rb'\"(?:[^\"]++|\"\")*\"'",
        r"re.match('a?+b', text)",
        r"re.sub(r'\d{2,3}+', '', text)",
        r"re.fullmatch(rb'(?>a|ab)c', text)",
        r"re.compile(f'(?>{FIELD},)*')",
    ],
)
def test_a_planted_pattern_is_found(planted: str) -> None:
    assert len(patterns_that_interpreters_match_differently(ast.parse(planted))) == 1


@pytest.mark.parametrize("fine", [r"r'[*+]+'", r"r'\++'", "f'{lower}+'", "'count(*) + 1'", r"'-?[0-9][-+.0-9eE]*'"])
def test_what_looks_alike_is_no_such_pattern(fine: str) -> None:
    assert patterns_that_interpreters_match_differently(ast.parse(fine)) == []


def test_what_the_type_checker_is_to_pass_over_says_why() -> None:
    unsaid = re.compile(r"# type: ignore(\[[\w, -]+\])?\s*$", re.MULTILINE)
    assert unsaid.findall("x = f()  # type: ignore[misc]\n") == ["[misc]"]
    assert [name for name in files() if name.split("/")[0] in PACKAGES and unsaid.search(text_of(name) or "")] == []


def test_no_assert_guards_anything() -> None:
    """Python drops assertions when asked to optimise; a rule is a check that raises a named error."""
    asserting = {
        name: node.lineno for name, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.Assert)
    }
    assert asserting == {}


def test_only_the_command_and_benchmarks_print() -> None:
    printing = {
        name: call.lineno
        for name, tree in modules()
        for call in calls(tree)
        if isinstance(call.func, ast.Name) and call.func.id == "print"
        if not name.startswith(("command/", "benchmarks/", "policy/regions/rebuild.py"))
    }
    assert printing == {}


def test_only_dags_and_the_command_log() -> None:
    """Rooms that see rows keep no log: what they have to say is a count in the register or a named error."""
    logging = {
        name: call.lineno
        for name, tree in modules()
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LOGGERS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"logging", "logger", "log", "LOGGER", "_LOGGER", "_log"}
        if not name.startswith(("command/", "dags/", "benchmarks/")) and name not in LOGS_NAMES_AND_TIMES
    }
    assert logging == {}


def test_nothing_is_caught_and_passed_over_unnamed() -> None:
    bare = {
        name: node.lineno
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    }
    assert bare == {}
