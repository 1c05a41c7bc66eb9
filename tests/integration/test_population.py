"""The population over HTTP: counted by a worker, read from Redis, and said not to be there before it is."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from processors.population import LEARNED, SECTIONS
from schemas.settings import Settings
from tests.harness import running_gateway, wait_until
from tests.integration.test_worker import publish, track
from tests.integration.working import folded, producer_for, running_worker

pytestmark = pytest.mark.integration

READER = {"Authorization": "Bearer a-reader"}


def test_what_all_customers_come_to_is_counted_and_can_be_read(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"read_tokens": SecretStr("a-reader"), "model_key": SecretStr("for this test")})
    with running_gateway(own) as url, httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        for name in (*SECTIONS, *LEARNED):
            assert client.get(f"/v1/{name}").status_code == 401
            assert client.get(f"/v1/{name}", headers=READER).json()["code"] == "not_counted"
            assert client.get(f"/v1/{name}/days", headers=READER).json() == []
        touches = [track(f"customer {n}", n, revenue=10.0, currency="EUR") for n in range(30)]
        publish(producer_for(own), own, *touches)
        with running_worker(own, tmp_path / "worker.log"):
            wait_until(lambda: folded(own) == 30)

            def counted() -> bool:
                answer = client.get("/v1/activity", headers=READER)
                return answer.status_code == 200 and answer.json()["customers"] == 30

            wait_until(counted)
        shown = client.get("/v1/activity", headers=READER).json()
        assert (shown["orders"], shown["revenue"]) == (30, {"EUR": 300.0})
        (step,) = client.get("/v1/journeys", headers=READER).json()["steps"]
        assert (step["step"], step["taken"], step["began"], step["next"]) == ("purchase", 30, 30, [])
        for name in SECTIONS:
            (today,) = client.get(f"/v1/{name}/days", headers=READER).json()
            assert today["customers"] == client.get(f"/v1/{name}", headers=READER).json()["customers"]
            assert client.get(f"/v1/{name}/days?days=0", headers=READER).json() == []
            assert client.get(f"/v1/{name}/days?days=91", headers=READER).status_code == 400
