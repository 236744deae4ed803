"""Prints real sources and mutations of them, with CPython's verdict on each.

python3 cpython.py EVERY: reads one in EVERY files of the Python installation that runs it. Prints for each case a line
with the verdict, the length and a name, and then that many bytes:

    refused   no module
    bound     'run' is bound at the top level, or may be
    async     'run' is bound at the top level, by nothing but `async def` without a decorator
    missing   'run' is bound nowhere
"""

import ast
import os
import random
import re
import sys
import sysconfig
import warnings

LARGEST = 60_000
SIGNS = "()[]{}'\":,=\\$?!.#@ \t\n"


def files():
    for folder, folders, names in os.walk(sysconfig.get_paths()["stdlib"]):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith(".py") and os.path.isfile(path) and os.path.getsize(path) <= LARGEST:
                yield path


def names_bound(node, found):
    """Collects the names that the statements of a scope bind, without those of nested scopes."""
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    if isinstance(node, scopes):
        plain = isinstance(node, ast.AsyncFunctionDef) and not node.decorator_list
        found.append((node.name, plain))
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.alias):
        found.append(((node.asname or node.name).split(".")[0], False))
        return
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        found.append((node.id, False))
    for field in ("name", "rest"):
        if isinstance(getattr(node, field, None), str):
            found.append((getattr(node, field), False))
    for child in ast.iter_child_nodes(node):
        # A comprehension's own variables stay in it.
        if not (isinstance(node, ast.comprehension) and child is node.target):
            names_bound(child, found)


def bindings(tree):
    found = []
    for statement in tree.body:
        names_bound(statement, found)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found += [(name, False) for name in node.names]
    return found


def verdict(source):
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return "refused"
    except (RecursionError, MemoryError):
        return None
    found = bindings(tree)
    plain = [is_plain for name, is_plain in found if name in ("run", "*", "__getattr__")]
    if not plain:
        return "missing"
    return "async" if all(plain) else "bound"


def renamed(source, tree, rng):
    """Yields the source with one of its names replaced by 'run': a name of the module, and another one."""
    own = sorted({name for name, _ in bindings(tree) if name.isidentifier()})
    others = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    others |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    waiting = {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
    for names in (own, sorted(others - set(own)), sorted(waiting)):
        if names:
            name = rng.choice(names).encode()
            yield re.sub(rb"(?<![\w.])" + re.escape(name) + rb"(?!\w)", b"run", source)


def neighbours(source, rng):
    """Yields the source with one small change each, as people and tools make them. Most results are not valid."""
    lines = source.split(b"\n")
    line = rng.randrange(len(lines))
    at = rng.randrange(len(source) + 1)
    sign = rng.choice(SIGNS).encode()
    signs = [index for index, byte in enumerate(source) if byte in SIGNS.encode()]
    gone = rng.choice(signs) if signs else 0
    words = lines[line].split(b" ")
    yield source[:gone] + source[gone + 1 :]
    yield source[:at] + sign + source[at:]
    yield b"\n".join(lines[:line] + lines[line + 1 :])
    yield b"\n".join(lines[:line] + [rng.choice((b" ", b"  ", b"    ", b"\t")) + lines[line]] + lines[line + 1 :])
    yield b"\n".join(lines[:line] + [lines[line][rng.choice((1, 2, 4)) :]] + lines[line + 1 :])
    yield b"\n".join(lines[:line] + [b" ".join(words[:-1])] + lines[line + 1 :])
    yield source[:at]
    yield source.replace(b"    ", b"\t", rng.randrange(4))


def main():
    warnings.simplefilter("ignore")
    every = int(sys.argv[1])
    for path in list(files())[::every]:
        rng = random.Random(os.path.basename(path))
        with open(path, "rb") as file:
            source = file.read()
        cases = [source]
        try:
            cases += renamed(source, ast.parse(source), rng)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
        if source:
            cases += neighbours(source, rng)
        for number, case in enumerate(cases):
            judged = verdict(case)
            if judged is not None:
                head = f"{judged} {len(case)} {number} of {path}\n"
                sys.stdout.buffer.write(head.encode(errors="replace") + case)


main()
