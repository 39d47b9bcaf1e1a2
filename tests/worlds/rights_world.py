"""A small home whose privacy officer is called on: what `cmn rights` says, and what it leaves."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from command.main import main
from home.run import Run
from rights.working_off import work_off_requests
from tests.worlds.store_world import World


class RightsWorld(World):
    """A world with the command beside it."""

    @property
    def config(self) -> Path:
        return self.root / "cmn.toml"

    def cmn(self, *arguments: str, as_of: str | None = "2026-02-10T12:00:00Z") -> tuple[int, str]:
        """One `cmn rights …`; exit code, and all that it printed."""
        said = io.StringIO()
        when = ["--as-of", as_of] if as_of else []
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = main(["rights", *arguments, "--config", str(self.config), *when])
        return code, said.getvalue()

    def done(self, *arguments: str, as_of: str | None = "2026-02-10T12:00:00Z") -> str:
        """One that must go well; what it said."""
        code, said = self.cmn(*arguments, as_of=as_of)
        if code != 0:
            raise AssertionError(f"exit {code}: {said}")
        return said

    def requests(self, as_of: str | None = "2026-02-10T12:00:00Z") -> dict[str, dict[str, Any]]:
        """Every request by its id, as `list --json` shows it."""
        return {one["request_id"]: one for one in json.loads(self.done("list", "--json", as_of=as_of))["requests"]}

    def work_off(self, as_of: str = "2026-02-10T12:00:00Z") -> None:
        """What the daily DAG does."""
        day = as_of[:10]
        run = Run.from_conf({"config": str(self.config), "from": day, "to": day, "as_of": as_of})
        run.home.make()
        work_off_requests(run)

    def ask(self, *arguments: str, as_of: str | None = "2026-02-10T12:00:00Z") -> str:
        """Opens a request; its id."""
        before = set(self.requests(as_of))
        self.done(*arguments, as_of=as_of)
        (new,) = set(self.requests(as_of)) - before
        return new
