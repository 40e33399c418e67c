#!/usr/bin/env python3
"""Puts the built dashboard into the binary. Usage: tools/embed.py web/dist OUT

Writes OUT/assets.S, which holds each file three times (as it is, gzip, brotli), and OUT/assets.inc,
the table that app/dashboard.cpp includes. Compressed once here, so that no request pays for it.
"""

import gzip
import hashlib
import pathlib
import subprocess
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
    ".json": "application/json", ".png": "image/png", ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
}


def write_if_changed(path, content):
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def main():
    dist, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    assembly, table = [".section .rodata\n"], []
    files = sorted(p for p in dist.rglob("*") if p.is_file()) if dist.is_dir() else []
    for number, path in enumerate(files):
        raw = path.read_bytes()
        brotli = subprocess.run(["brotli", "-q", "11", "-c", str(path)], check=True,
                                capture_output=True).stdout
        for kind, content in [("raw", raw), ("gz", gzip.compress(raw, 9, mtime=0)), ("br", brotli)]:
            file = out / f"asset{number}.{kind}"
            write_if_changed(file, content)
            name = f"acme_asset{number}_{kind}"
            assembly.append(f'.global {name}_begin, {name}_end\n{name}_begin: .incbin "{file}"\n'
                            f"{name}_end:\n")
        etag = hashlib.sha256(raw).hexdigest()[:32]
        kind = TYPES.get(path.suffix, "application/octet-stream")
        table.append(f'ACME_ASSET({number}, "/{path.relative_to(dist).as_posix()}", "{kind}", "{etag}")\n')
    assembly.append('.section .note.GNU-stack,"",@progbits\n')
    write_if_changed(out / "assets.S", "".join(assembly).encode())
    write_if_changed(out / "assets.inc", "".join(table).encode())


if __name__ == "__main__":
    main()
