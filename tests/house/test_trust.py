"""Nothing is unpickled or evaluated anywhere in the product; a test looks."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle"}
CALLS = {"eval", "exec", "compile", "__import__"}


def offences(tree: ast.AST) -> Iterator[str]:
    """Yield what could run or revive foreign code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield node.module or ""
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if isinstance(node.func, ast.Name) and name in CALLS:
                yield name
            if any(k.arg == "allow_pickle" and getattr(k.value, "value", True) is not False for k in node.keywords):
                yield "allow_pickle"
            if name in {"load", "load_model"} and isinstance(node.func, ast.Attribute):
                owner = getattr(node.func.value, "id", "")
                if owner in {"np", "numpy"} and not any(k.arg == "allow_pickle" for k in node.keywords):
                    yield "np.load without allow_pickle=False"


def test_nothing_in_the_product_revives_or_evaluates_foreign_code() -> None:
    """No pickle and its kin, no eval or exec, no np.load that may unpickle."""
    found = [
        f"{path.relative_to(SOURCE)}: {offence}"
        for path in sorted(SOURCE.rglob("*.py"))
        for offence in offences(ast.parse(path.read_text()))
    ]
    assert found == []


def test_the_look_finds_what_it_looks_for() -> None:
    """Each way in is found in a planted line."""
    for line in ("import pickle", "from dill import loads", "eval('1')", "np.load(f)", "np.load(f, allow_pickle=True)"):
        assert list(offences(ast.parse(line))), line
