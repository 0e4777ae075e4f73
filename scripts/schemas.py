"""Write down what each migration changes, in both dialects: the files that the start and the doctor compare a database
with. A revision that has its files already is left alone: it may be in use. To be run after a migration was added."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bot.store.schema import FOLDER
from tests.migrated import Postgres, changes_of_revisions


def main() -> int:
    """Write the missing files; the exit status."""
    with tempfile.TemporaryDirectory() as home:
        server = Postgres()
        try:
            with server.empty() as url:
                changes = changes_of_revisions(f"sqlite:///{home}/schemas.db", Path(home))
                changes.update(changes_of_revisions(url, Path(home)))
        finally:
            server.close()
    FOLDER.mkdir(exist_ok=True)
    for name, lines in changes.items():
        if not (FOLDER / name).exists():
            (FOLDER / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
            print(f"{FOLDER / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
