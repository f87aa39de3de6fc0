"""Copy the files of Swagger UI that the offline /docs page needs into the console's assets.

For maintainers, when a new version is wanted; needs npm, which fetches the package by name from
the registry it is configured for and checks the registry's checksum::

    python tools/vendor_swagger_ui.py 5.35.0

The files are kept byte for byte, with their licences and a manifest of their SHA-256 sums that the
tests compare them with. Swagger UI is Apache-2.0, copyright SmartBear Software.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "swagger-ui-dist"
TARGET = Path(__file__).resolve().parents[1] / "gateway_core" / "console" / "assets" / "swagger-ui"
FILES = (
    "swagger-ui-bundle.js",
    "swagger-ui.css",
    "LICENSE",
    "NOTICE",
    "swagger-ui-bundle.js.LICENSE.txt",
)


def download(version: str, folder: Path) -> Path:
    """Have npm fetch the package's archive into the folder; its path."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to fetch the package; install Node.js.")
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{version}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return folder / done.stdout.split()[-1]


def extract(archive: Path) -> dict[str, bytes]:
    """The wanted files of the archive, by name, read in memory."""
    with tarfile.open(archive) as package:
        members = {name: package.extractfile(f"package/{name}") for name in FILES}
        return {name: member.read() for name, member in members.items() if member is not None}


def write(version: str, archive: Path) -> None:
    """Write the files and their manifest to the assets, in place of the version before."""
    files = extract(archive)
    manifest = {
        "name": PACKAGE,
        "version": version,
        "license": "Apache-2.0",
        "archive": f"sha256-{hashlib.sha256(archive.read_bytes()).hexdigest()}",
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for name, content in files.items():
        (TARGET / name).write_bytes(content)
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(f"Usage: {Path(sys.argv[0]).name} VERSION")
    with tempfile.TemporaryDirectory() as folder:
        write(sys.argv[1], download(sys.argv[1], Path(folder)))
    for path in sorted(TARGET.iterdir()):
        print(f"{path.stat().st_size:>9}  {path.name}")


if __name__ == "__main__":
    main()
