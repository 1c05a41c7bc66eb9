"""Apache Kafka from Maven Central."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from streams.embedded.companion import EmbeddedError
from tests.fetched import kept

POM = Path(__file__).with_name("pom.xml")
_FETCHED_WITHIN = 900
_OTHERWISE = "or name a broker that runs: --kafka=HOST:PORT"


def kafka_jars() -> Path:
    """The folder with all jars that `pom.xml` asks for; the first call for this `pom.xml` takes Maven and a network.

    Raises:
        EmbeddedError: if Maven is missing or cannot fetch them, with what to do.
    """
    return kept(f"kafka-{sha256(POM.read_bytes()).hexdigest()[:12]}", _fetch)


def _fetch(target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise EmbeddedError(f"Apache Kafka comes by Maven, and there is no mvn: apt-get install maven, {_OTHERWISE}")
    command = [maven, "-q", "-B", "-Dstyle.color=never", "-f", str(POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_FETCHED_WITHIN
        )
    except subprocess.TimeoutExpired:
        raise EmbeddedError(
            f"mvn did not fetch Apache Kafka within {_FETCHED_WITHIN} s: try again, {_OTHERWISE}"
        ) from None
    if done.returncode:
        why = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stderr.strip())
        raise EmbeddedError(f"mvn cannot fetch Apache Kafka: see that it reaches Maven Central, {_OTHERWISE}\n  {why}")
