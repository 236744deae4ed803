"""A buildpack that starts what a Procfile says: one process for each line `name: command`."""

from kit import BuildContext, Buildpack, Built, DetectContext, Fail, Pass, Process, log


class Procfile(Buildpack):
    def detect(self, ctx: DetectContext) -> Pass | Fail:
        if not (ctx.app / "Procfile").is_file():
            return Fail("the application has no Procfile")
        return Pass()

    def build(self, ctx: BuildContext) -> Built:
        processes = []
        for line in (ctx.app / "Procfile").read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            name, _, command = (part.strip() for part in line.partition(":"))
            if name and command:
                processes.append(Process.bash(name, command))
            else:
                log.warning(f"the Procfile has a line that is not 'name: command': {line}")
        for process in processes:
            process.default = process.type == "web" or len(processes) == 1
        return Built(processes=processes)
