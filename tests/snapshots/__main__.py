"""`python -m tests.snapshots`: takes the snapshots anew, and names those that changed."""

from __future__ import annotations

import sys

from tests.snapshots.taking import KEPT, write

if __name__ == "__main__":
    changed = write(KEPT)
    names = [str(path.relative_to(KEPT)) for path in changed]
    sys.stdout.write("\n".join([*names, f"{len(changed)} changed. Read them: git diff {KEPT}", ""]))
