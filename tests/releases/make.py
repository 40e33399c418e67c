#!/usr/bin/env python3
"""Makes a release for tests. See README.md beside it.

    make.py FOLDER [--kind faulty|good|app] [--real PATH] [--note TEXT] [--fail-every 10 ...]
"""

import argparse
import json
import pathlib
import shutil

HERE = pathlib.Path(__file__).resolve().parent
NUMBERS = {"fail_every": int, "fail_first": int, "delay_ms": float, "crash_after_s": float, "leak_mb_per_s": float,
           "burn_cpu": float, "start_delay_s": float, "lie_release": str}
FLAGS = ("fail_on_sign", "not_found_all", "refuse_start", "never_ready", "ignore_sigterm", "hide_limits")


def make(folder, kind="faulty", real=None, note="", **behaviour):
    """The folder, which must not be there. `real` is needed by all kinds but `app`."""
    unknown = behaviour.keys() - NUMBERS.keys() - set(FLAGS)
    if unknown:
        raise ValueError(f"no such behaviour: {sorted(unknown)}")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    if kind == "good":
        shutil.copy(real, folder / "acme")
        with open(folder / "acme", "ab") as program:
            program.write(note.encode())  # behind what the loader reads
        return folder
    shutil.copy(HERE / f"{kind}.py", folder / "acme")
    shutil.copy(HERE / "contract.py", folder)
    (folder / "acme").chmod(0o755)
    (folder / "behaviour.json").write_text(json.dumps({**behaviour, **({"note": note} if note else {})}) + "\n")
    if kind == "faulty":
        shutil.copy(real, folder / "acme-real")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--kind", choices=["faulty", "good", "app"], default="faulty")
    parser.add_argument("--real", help="the binary to stand in front of")
    parser.add_argument("--note", default="", help="makes the release differ from others")
    for name, kind in NUMBERS.items():
        parser.add_argument("--" + name.replace("_", "-"), type=kind)
    for name in FLAGS:
        parser.add_argument("--" + name.replace("_", "-"), action="store_true", default=None)
    given = vars(parser.parse_args())
    if given["kind"] != "app" and not given["real"]:
        parser.error("--real PATH is needed")
    print(make(**{name: value for name, value in given.items() if value is not None}))


if __name__ == "__main__":
    main()
