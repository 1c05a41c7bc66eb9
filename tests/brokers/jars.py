"""Apache Kafka from Maven Central: fetched once, and kept outside the tree for all later runs."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from streams.embedded.companion import EmbeddedError

POM = Path(__file__).with_name("pom.xml")
_FETCHED_WITHIN = 900
_OTHERWISE = "or name a broker that runs: --kafka=HOST:PORT"


def kafka_jars() -> Path:
    """The folder with all jars that `pom.xml` asks for; the first call for this `pom.xml` takes Maven and a network.

    Raises:
        EmbeddedError: if Maven is missing or cannot fetch them, with what to do.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebbflow"
    jars = cache / f"kafka-{sha256(POM.read_bytes()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "kafka.lock").open("w") as lock:
        # The system frees it with the process, however that ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache) as fetched:
                _fetch(Path(fetched))
                # A run that is killed before this leaves nothing that looks whole.
                (Path(fetched) / "jars").rename(jars)
    return jars


def _fetch(target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise EmbeddedError(f"Apache Kafka comes by Maven, and there is no mvn: apt-get install maven, {_OTHERWISE}")
    command = [maven, "-q", "-B", "-Dstyle.color=never", "-f", str(POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={target / 'jars'}"]
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
