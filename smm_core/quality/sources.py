"""Rules about a plugin's source text. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import smm_core
from smm_core.quality.candidate import Candidate

_OWN_NETWORK = frozenset(
    [
        "aiohttp",
        "ftplib",
        "http.client",
        "httpcore",
        "httpx",
        "pycurl",
        "requests",
        "socket",
        "socketserver",
        "tweepy",
        "urllib.request",
        "urllib3",
        "websocket",
        "websockets",
    ]
)
_NOT_FOR_GUESTS = {
    "print": "prints",
    "pprint.pprint": "prints",
    "sys.stdout.write": "prints",
    "sys.stderr.write": "prints",
    "exit": "ends the process",
    "quit": "ends the process",
    "sys.exit": "ends the process",
    "os._exit": "ends the process",
    "os.abort": "ends the process",
    "os.chdir": "changes the working folder",
    "os.putenv": "changes the environment",
    "os.environ.update": "changes the environment",
    "os.environ.setdefault": "changes the environment",
    "signal.signal": "changes what signals do",
    "logging.basicConfig": "changes everybody's logging",
    "socket.setdefaulttimeout": "changes everybody's network",
}
_CHANGERS = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "setdefault",
        "update",
    ]
)
_CONTAINERS = frozenset(["Counter", "OrderedDict", "bytearray", "defaultdict", "deque", "dict", "list", "set"])


def public_names(candidate: Candidate) -> list[str]:
    """Imports of core's own modules and names, also those for type checkers alone."""
    said = []
    for name, tree in candidate.modules.items():
        for node, module in _imports(tree):
            if isinstance(node, ast.ImportFrom) and module == "smm_core":
                private = [alias.name for alias in node.names if alias.name not in smm_core.__all__]
                said += [f"{name}:{node.lineno} imports {one} from smm_core, which is not public" for one in private]
            elif module.startswith("smm_core."):
                said.append(f"{name}:{node.lineno} imports {module}, which is not public")
    return said


def network_by_core(candidate: Candidate) -> list[str]:
    """Imports of libraries that reach the network."""
    said = []
    for name, tree in candidate.modules.items():
        for node, module in _imports(tree):
            full = {module} | (
                {f"{module}.{one.name}" for one in node.names} if isinstance(node, ast.ImportFrom) else set()
            )
            if found := sorted(one for one in full if one in _OWN_NETWORK or one.partition(".")[0] in _OWN_NETWORK):
                said.append(f"{name}:{node.lineno} imports {found[0]}; use ctx.http")
    return said


def good_guest(candidate: Candidate) -> list[str]:
    """Calls that are not a guest's to make. A module that is a program of its own may make them."""
    said = []
    for name, tree in candidate.modules.items():
        if _is_program(tree):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (what := _NOT_FOR_GUESTS.get(_dotted(node.func))):
                said.append(f"{name}:{node.lineno} {what}: {_dotted(node.func)}")
    return said


def stateless(candidate: Candidate) -> list[str]:
    """Containers of a module that its functions change, and globals that they set."""
    said = []
    for name, tree in candidate.modules.items():
        kept = _module_containers(tree)
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Global):
                    said.append(f"{name}:{node.lineno} sets the global {', '.join(node.names)}")
                elif (changed := _changed(node)) in kept:
                    said.append(f"{name}:{getattr(node, 'lineno', 0)} changes {changed}, which belongs to the module")
    return list(dict.fromkeys(said))


def documented(candidate: Candidate) -> list[str]:
    """Public modules, classes and functions without a docstring. What is nested in a function is nobody else's."""
    said = []
    for name, tree in candidate.modules.items():
        if ast.get_docstring(tree) is None and tree.body:
            said.append(f"{name} has no docstring")
        said += [
            f"{name}:{node.lineno} {node.name} has no docstring"
            for node in _public(tree)
            if not ast.get_docstring(node)
        ]
    return said


def unannotated(candidate: Candidate) -> list[str]:
    """Functions whose arguments or result have no annotation."""
    said = []
    for name, tree in candidate.modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_annotated(node):
                said.append(f"{name}:{node.lineno} {node.name} is not annotated")
    return said


# ---------------------------------------------------------------- reading trees


def _imports(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module


def _dotted(node: ast.expr) -> str:
    """`os.environ.update` of such an expression; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _is_program(tree: ast.Module) -> bool:
    tests = (ast.unparse(node.test) for node in tree.body if isinstance(node, ast.If))
    return any("__name__" in test and "__main__" in test for test in tests)


def _module_containers(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        if targets and value is not None and _is_container(value):
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _is_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return _dotted(value.func).rpartition(".")[2] in _CONTAINERS
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def _changed(node: ast.AST) -> str:
    """The name whose container a node changes in place: `X[…] = `, `del X[…]`, `X.append(…)`."""
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
        return node.value.id
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGERS:
        return node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    return ""


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _is_annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    taken += [one for one in (node.args.vararg, node.args.kwarg) if one is not None]
    return node.returns is not None and all(one.annotation or one.arg in ("self", "cls") for one in taken)
