"""Apache Kafka's jars: fetched by Maven once, into the user's cache, for every later start."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from schemas.errors import StopProcess

VERSION: Final = "4.4.0"
FETCH_SECONDS: Final = 300
COMPLETE: Final = "complete"
POM: Final = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>huma.xledger</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-server</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


def missing() -> str | None:
    """Say which program is missing to run Apache Kafka, or None."""
    wanted = ("java",) if (_folder() / COMPLETE).exists() else ("java", "mvn")
    return " and ".join(name for name in wanted if shutil.which(name) is None) or None


def class_path() -> str:
    """Return Java's class path; fetch the jars when they are not there.

    Raises:
        StopProcess: Maven could not fetch them.
    """
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs fetch once
        if not (folder / COMPLETE).exists():
            _fetch(folder)
            (folder / COMPLETE).touch()
    return f"{folder / 'libs'}/*"


def _fetch(folder: Path) -> None:
    (folder / "pom.xml").write_text(POM)
    shutil.rmtree(folder / "libs", ignore_errors=True)  # half of an earlier try
    try:
        subprocess.run(  # noqa: S603 - the found Maven
            [
                shutil.which("mvn") or "mvn", "-q", "-B", "-f", str(folder / "pom.xml"),
                "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'libs'}",
            ],
            check=True,
            capture_output=True,
            timeout=FETCH_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        raise StopProcess(
            "Maven could not fetch Apache Kafka: is its repository reachable?"
        ) from None


def _folder() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "huma-xledger" / f"kafka-{VERSION}"
