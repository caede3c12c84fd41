"""Ideas for today from a list of anniversaries: lines such as `05-01 We opened our doors on this day`."""

from dataclasses import dataclass, field

from smm_core import CollectPage, IdeaFound, hookimpl


@dataclass(frozen=True, kw_only=True)
class Settings:
    file: str = field(default="anniversaries.txt", metadata={"help": "The list, from the workspace's folder."})


class ThisDay:
    name, settings = "this-day", Settings

    def collect(self, request, ctx):
        today = ctx.now().date()
        lines = (ctx.workspace / request.settings.file).read_text("utf-8").splitlines()
        titles = [line[6:].strip() for line in lines if line.startswith(f"{today:%m-%d} ")]
        return CollectPage(ideas=tuple(IdeaFound(key=f"{today.year} {title}", title=title) for title in titles))


@hookimpl
def smm_sources():
    return [ThisDay()]
