"""`python -m tests.snapshots`: takes the snapshots anew, and names those that changed."""

from __future__ import annotations

from tests.snapshots.taking import KEPT, write

if __name__ == "__main__":
    changed = write(KEPT)
    for path in changed:
        print(path.relative_to(KEPT))
    print(f"{len(changed)} changed. Read them: git diff {KEPT}")
