"""The contract's clauses, and which of them tests say that they show."""

import ast
import re
from collections.abc import Iterator


def clauses_of(contract: str) -> list[str]:
    """The anchors of the contract, in its order."""
    return re.findall(r'<a id="([a-z0-9-]+)"></a>', contract)


def claims_in(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every clause that a module's tests name, by `@pytest.mark.clause` or `pytestmark`, with its line.

    Raises:
        ValueError: a clause is not named by its text, so that nobody could look for it.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.clause":
            if not node.args:
                raise ValueError(f"line {node.lineno}: name the clause by its text")
            for argument in node.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise ValueError(f"line {node.lineno}: name the clause by its text")
                yield argument.value, node.lineno
