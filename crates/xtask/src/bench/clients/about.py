"""Prints date, machine and the versions of all that is measured, as JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = [
    "kunacore",
    "requests",
    "httpx",
    "niquests",
    "urllib3",
    "primp",
    "pycurl",
    "aiohttp",
    "baseten-performance-client",
    "openapi-python-client",
    "polars",
    "pandas",
]


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    lock = Path("Cargo.lock").read_text().split("[[package]]")
    crates = {
        name: entry.split('version = "')[1].split('"')[0]
        for name in ("hyper", "reqwest")
        for entry in lock
        if f'name = "{name}"\n' in entry
    }
    about = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} processors ({processor()})",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "versions": {
            "Rust": rust,
            "Python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
            **crates,
        },
    }
    print(json.dumps(about))


if __name__ == "__main__":
    main()
