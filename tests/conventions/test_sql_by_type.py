"""SQL by its type, in the rooms that see persons: no value of a row is part of a statement (`home/sql.py`).

What is executed is `Sql`; where Python says of a text that it is (`Sql(…)`), each part of that text is a constant, a
whole number, or `Sql` itself. That what is handed on as `Sql` was made so is mypy's to see.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.conventions.tracked import calls, modules

ROOMS = ("consent/", "home/", "ingestion/", "rights/")
EXECUTORS = {"copy_from_query", "execute", "executemany", "fetch", "query", "sql"}
NUMBERS = {"int", "len"}
#: Where `Sql` is made of what is not; each says why it may.
MAKERS = {
    "home/sql.py": "quotes, checks and joins: what the others stand on",
    "ingestion/delivered/parquet/parquet_in_child.py": "runs what its parent sends, which is Sql there",
    "home/register/register_tables.py": "splits a file into its statements",
}

Functions = ast.FunctionDef | ast.AsyncFunctionDef


def gives_sql() -> frozenset[str]:
    """Names of functions, methods and fields of all modules that are annotated as `Sql`, as one or as several."""
    return frozenset(name for _, tree in modules() for name in declared(tree))


def declared(tree: ast.Module) -> Iterator[str]:
    """Those of one module."""
    for node in ast.walk(tree):
        if isinstance(node, Functions) and is_sql(node.returns):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_sql(field.annotation):
                    yield field.target.id


def is_sql(annotation: ast.expr | None) -> bool:
    """`Sql`, or a row of it, such as `tuple[Sql, ...]`."""
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) in {
        "Iterable",
        "Sequence",
        "list",
        "tuple",
    }:
        row = annotation.slice
        return is_sql(row.elts[0] if isinstance(row, ast.Tuple) and ast.unparse(row.elts[-1]) == "..." else row)
    return isinstance(annotation, ast.Name) and annotation.id == "Sql"


def unsafe_parts(tree: ast.Module, given: frozenset[str]) -> list[int]:
    """Lines where a statement, or a text that is said to be SQL, has a part of which nothing says that it is."""
    found = []
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, Functions))]:
        known = _known_in(scope, given)
        for call in _own_calls(scope):
            executes = isinstance(call.func, ast.Attribute) and call.func.attr in EXECUTORS
            says = isinstance(call.func, ast.Name) and call.func.id == "Sql"
            if (executes or says) and call.args and not _is_safe(call.args[0], known, given):
                found.append(call.lineno)
    return sorted(set(found))


def _own_calls(scope: ast.AST) -> Iterator[ast.Call]:
    """The calls of a function, or of a module outside all functions."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, Functions):
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from _own_calls(node)


def _known_in(scope: ast.AST, given: frozenset[str]) -> frozenset[str]:
    """Names that are `Sql` in a scope: by annotation, or since all that is assigned to them is safe."""
    known = set()
    if isinstance(scope, Functions):
        arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
        known |= {argument.arg for argument in arguments if is_sql(argument.annotation)}
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_sql(node.annotation):
            known.add(node.target.id)
        for target, value in _bindings(node):
            assigned.setdefault(target, []).append(value)
    while True:
        more = {
            name
            for name, values in assigned.items()
            if name not in known and all(_is_safe(value, frozenset(known), given) for value in values)
        }
        if not more:
            return frozenset(known)
        known |= more


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Each name that a node binds, and to what; in a loop, to what the loop goes over."""
    pairs: list[tuple[ast.expr, ast.expr]] = []
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.For | ast.comprehension):
        pairs = [(node.target, node.iter)]
    for target, value in pairs:
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Tuple):
            values = _by_place(value) or [value] * len(target.elts)
            yield from (
                (name.id, one) for name, one in zip(target.elts, values, strict=False) if isinstance(name, ast.Name)
            )


def _by_place(value: ast.expr) -> list[ast.expr]:
    """What each of several names is bound to, where that can be told."""
    if isinstance(value, ast.Tuple):
        return value.elts
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "zip":
        return value.args
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "enumerate":
        return [ast.Constant(0), value.args[0]]
    return []


def _is_safe(part: ast.expr, known: frozenset[str], given: frozenset[str]) -> bool:
    match part:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in known or name.isupper()
        case ast.Attribute(attr=name):
            return name in given or name.isupper()
        case ast.Call():
            return _is_safe_call(part, given)
        case ast.BinOp(op=ast.Add()):
            whole: list[ast.expr] = [part.left, part.right]
        case ast.FormattedValue() | ast.GeneratorExp():
            whole = [part.value if isinstance(part, ast.FormattedValue) else part.elt]
        case ast.IfExp():
            whole = [part.body, part.orelse]
        case ast.JoinedStr(values=values) | ast.BoolOp(values=values):
            whole = values
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            whole = elements
        case _:
            return False
    return all(_is_safe(one, known, given) for one in whole)


def _is_safe_call(call: ast.Call, given: frozenset[str]) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name == "map":
        mapped = call.args[0]
        return (mapped.id if isinstance(mapped, ast.Name) else getattr(mapped, "attr", "")) in given | {"Sql"}
    # What is within `Sql(…)` is looked at by itself.
    return name in given | NUMBERS | {"Sql"}


def test_statements_are_made_of_sql_alone() -> None:
    given = gives_sql()
    found = {
        name: lines
        for name, tree in modules()
        if name.startswith(ROOMS) and name not in MAKERS and (lines := unsafe_parts(tree, given))
    }
    assert found == {}


def test_what_makes_sql_of_other_things_is_there_and_does() -> None:
    given = gives_sql()
    makers = {name for name, tree in modules() if name in MAKERS and unsafe_parts(tree, given)}
    assert makers == set(MAKERS)


@pytest.mark.parametrize(
    "planted",
    [
        "con.execute(f'select * from users where user_id = {user_id}')",
        "con.execute(f'select * from users where user_id = {record.user_id}')",
        "con.sql(f'select {row[0]}')",
        "con.execute(f'select {quote(user_id)}')",
        "con.execute('select * from t where x = %s' % x)",
        "con.execute('select ' + user_id)",
        "con.execute('select {}'.format(user_id))",
        "con.execute(statement)",
        "Sql(text)",
        "Sql(f'case when a then {word} end')",
        "def f(table: str) -> None:\n con.execute(f'drop table {table}')",
        "def f(table: str) -> None:\n name = table\n con.execute(f'drop table {name}')",
        "for name in names:\n con.execute(f'drop table {name}')",
        "joined(Sql(f'{name}') for name in row)",
        "con.execute(f'select {\", \".join(names)}')",
    ],
)
def test_a_planted_value_is_found(planted: str) -> None:
    assert len(unsafe_parts(ast.parse(planted), frozenset({"identifier", "joined"}))) == 1


@pytest.mark.parametrize(
    "fine",
    [
        "con.execute('select 1', [user_id])",
        "con.execute(f'select {int(number)} from {identifier(table)} where a = {LIMIT}')",
        "def f(table: Sql) -> None:\n con.execute(f'drop table {table}')",
        "def f() -> None:\n name = identifier(table)\n con.execute(f'drop table {name}')",
        "joined(Sql(f'{identifier(name)} = 1') for name in names)",
        "for name in map(identifier, names):\n con.execute(f'drop table {name}')",
        "con.execute(Sql('a') if flag else Sql('b'))",
    ],
)
def test_what_is_made_of_sql_is_fine(fine: str) -> None:
    assert unsafe_parts(ast.parse(fine), frozenset({"identifier", "joined"})) == []


def test_what_runs_statements_is_looked_at() -> None:
    """That the rule looks at something: the rooms execute in many places."""
    executing = [
        call
        for name, tree in modules()
        for call in calls(tree)
        if name.startswith(ROOMS) and isinstance(call.func, ast.Attribute) and call.func.attr in EXECUTORS
    ]
    assert len(executing) > 100


LONGEST_STATEMENT_LINES = 15


def long_statements(tree: ast.Module) -> list[int]:
    """Lines at which a text that is SQL begins and is longer than a reader of SQL should meet in Python."""
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.Constant))
    found = {
        node.lineno
        for node in texts
        if (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_STATEMENT_LINES
        if ast.unparse(node).strip("f'\"\\n ").lower().startswith(("select", "with", "create", "insert", "copy"))
    }
    return sorted(found)


def test_long_statements_are_in_sql_files() -> None:
    found = {name: lines for name, tree in modules() if (lines := long_statements(tree))}
    assert {name: lines for name, lines in found.items() if not name.startswith("benchmarks/")} == {}


@pytest.mark.parametrize(("lines", "found"), [(20, [1]), (3, [])])
def test_a_planted_long_statement_is_found(lines: int, found: list[int]) -> None:
    planted = 'SQL = f"""\n    select\n' + "a,\n" * lines + '{b}"""'
    assert long_statements(ast.parse(planted)) == found
