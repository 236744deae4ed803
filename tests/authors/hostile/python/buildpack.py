"""Tries what a component must not be able to do, chosen by the variable `CASE`.

A case of an attempt that is denied logs `NAME: denied: REASON`, or `NAME: ALLOWED`. The other cases end the phase.
"""

# Else a name can't be looked up at all: Python imports this module only then, and the component has no such file.
import encodings.idna  # noqa: F401
import os
import socket
import subprocess
import threading
from collections.abc import Callable

from kit import BuildContext, Buildpack, Built, DetectContext, Fail, Pass, log


class Hostile(Buildpack):
    def detect(self, ctx: DetectContext) -> Pass | Fail:
        return Pass()

    def build(self, ctx: BuildContext) -> Built:
        match ctx.variables["CASE"]:
            case "network":
                socket.create_connection(("127.0.0.1", 80), timeout=1)
                log.info("network: ALLOWED")
            case "name":
                log.info(f"name: ALLOWED: {socket.getaddrinfo('localhost', 80)}")
            case "files":
                files(ctx)
            case "processes":
                processes()
            case "loop":
                while True:
                    pass
            case "memory":
                kept = []
                while True:
                    kept.append(bytearray(1 << 20))
        return Built()


def files(ctx: BuildContext) -> None:
    """Reads and writes beneath neither of the two directories."""
    for name, path in {
        "absolute": "/etc/passwd",
        "relative": f"{ctx.app}/../../../../../../../../etc/passwd",
        "of the process": "/proc/self/environ",
        "of layers": f"{ctx.layers}/../../../../../../../../etc/passwd",
    }.items():
        tried(f"read {name}", lambda path=path: open(path, "rb").read())
    tried("list the root", lambda: os.listdir("/"))
    tried("write outside", lambda: open("/tmp/planted", "w").write("planted"))
    tried("write the application", lambda: (ctx.app / "planted").write_text("planted"))
    tried("link outside", lambda: link(ctx))


def link(ctx: BuildContext) -> bytes:
    """Reads through a link in a layer."""
    layer = ctx.layers / "tools"
    layer.mkdir()
    try:
        (layer / "link").symlink_to("../../../../../../../../etc/passwd")
        return (layer / "link").read_bytes()
    finally:
        (layer / "link").unlink(missing_ok=True)
        layer.rmdir()


def processes() -> None:
    tried("run", lambda: subprocess.run(["/bin/true"], check=True))
    tried("shell", lambda: os.system("true"))
    tried("fork", lambda: os.fork())
    tried("thread", lambda: threading.Thread(target=print).start())
    log.info(f"variables of the process: {len(os.environ)}")


def tried(name: str, attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except (OSError, AttributeError, RuntimeError) as error:
        log.info(f"{name}: denied: {error}")
    else:
        log.info(f"{name}: ALLOWED")
