"""Compiling translations without the gettext tools, which a bare machine does not have."""

import os
from pathlib import Path


def compile_translations(project: Path) -> list[Path]:
    """Make every .mo under `project`/<app>/locale/ that is missing or older than its .po; gives those made.

    Fuzzy entries stay out. A file is replaced as a whole, so a running program never reads half of one. Raises OSError
    or ValueError naming the file when a .po can't be read.
    """
    import polib

    made = []
    for source in sorted([*project.glob("*/locale/*/LC_MESSAGES/*.po"), *project.glob("locale/*/LC_MESSAGES/*.po")]):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        changed = source.stat().st_mtime_ns
        try:
            catalogue = polib.pofile(str(source))
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{source}: {error}") from error
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        catalogue.save_as_mofile(str(fresh))
        os.utime(fresh, ns=(changed, changed))
        fresh.replace(target)
        made.append(target)
    return made
