"""Every setting in one place: environment variables `EBBFLOW_*`, then `ebbflow.toml`, then these defaults."""

import os
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from schemas.duration import Duration
from schemas.kinds import Kind
from schemas.policy import Policy

CONFIG_FILE = "ebbflow.toml"


def _split(keys: SecretStr) -> SecretStr:
    for key in keys.get_secret_value().split(","):
        if key.strip() and len(key.strip()) < 8:
            raise ValueError("a write key needs at least 8 characters; `openssl rand -hex 16` makes a good one")
    return keys


class Settings(BaseSettings):
    """How this installation is wired. The policy is nested: `EBBFLOW_POLICY__HORIZON=30d`."""

    model_config = SettingsConfigDict(
        env_prefix="EBBFLOW_",
        env_nested_delimiter="__",
        toml_file=CONFIG_FILE,
        extra="forbid",
        frozen=True,
        validate_default=True,
    )

    # Where things are
    broker_url: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, comma-separated.")
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="Redis or Valkey.")
    prefix: str = Field(
        "", pattern=r"^[a-zA-Z0-9._-]*$", description="Put before every topic and group name, with a dot."
    )
    partitions: int = Field(8, ge=1, le=1024, description="Partitions of `touchpoints` when it is first declared.")
    replication: int = Field(1, ge=1, le=7, description="Replicas of each topic when it is first declared.")
    give_up_after: Duration = Field(
        timedelta(0), description="Exit when broker or Redis stay away this long; 0s keeps trying for ever."
    )

    # Worker
    role: Literal["all", "profiles", "learner"] = Field("all", description="What this worker does.")
    batch_records: int = Field(4000, ge=1, le=100_000, description="Most records handled in one go.")
    tick: Duration = Field(
        timedelta(hours=12),
        gt=timedelta(0),
        description="A replay is cut into slices of stream time no longer than this.",
    )
    tick_every: Duration = Field(
        timedelta(milliseconds=500), gt=timedelta(0), description="How often silence is looked for."
    )
    live_within: Duration = Field(
        timedelta(days=1),
        description="A partition whose newest record is older than this is a replay: its clock stands still.",
    )
    lateness: Duration = Field(
        timedelta(seconds=5), description="How far a live partition's time stays behind the clock, for late records."
    )
    session_timeout: Duration = Field(
        timedelta(seconds=30),
        gt=timedelta(0),
        description="A worker silent for longer is dead to the broker (Apache Kafka takes 6s at the least).",
    )
    worker_metrics_port: int = Field(9464, ge=0, le=65535, description="Prometheus metrics of the worker.")
    metrics_host: str = Field("127.0.0.1", description="Where metrics listen.")

    # Learner
    model_key: SecretStr = Field(
        SecretStr(""), description="Seals the model in Redis. Empty: a key file is made for this user."
    )
    checkpoint_every: Duration = Field(
        timedelta(seconds=1), gt=timedelta(0), description="How often a changed model is published."
    )

    # Gateway
    gateway_host: str = Field("127.0.0.1", description="Where the gateway listens.")
    gateway_port: int = Field(8180, ge=0, le=65535, description="HTTP port of the gateway.")
    write_keys: Annotated[SecretStr, AfterValidator(_split)] = Field(
        SecretStr(""),
        description="Comma-separated keys that may publish. The gateway does not start without one.",
    )
    publish_timeout: Duration = Field(
        timedelta(seconds=10),
        gt=timedelta(0),
        description="A request answers 503 when the broker takes longer to acknowledge.",
    )

    # Clock: for demonstrations and tests. Speed 1 is the wall clock.
    clock_speed: float = Field(1.0, gt=0, description="How many times faster than real time passes.")
    clock_meets: datetime | None = Field(
        None, description="The instant at which an accelerated clock and the real one agree."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    kinds: dict[str, Kind] = Field(
        default_factory=dict, description='What your own event names mean: `"Table Reserved" = "purchase"`.'
    )
    policy: Policy = Field(default_factory=Policy, description="The rules of the business; see Policy.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment before `ebbflow.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def topic(self, name: str) -> str:
        """A topic's or group's full name."""
        return f"{self.prefix}.{name}" if self.prefix else name

    def keyspace(self, name: str) -> str:
        """A Redis key's full name."""
        return f"ebbflow:{self.prefix}:{name}" if self.prefix else f"ebbflow:{name}"


class SettingsError(ValueError):
    """A setting is wrong; the message says which, and what would be right."""


def load_settings() -> Settings:
    """Read the settings of this process.

    Raises:
        SettingsError: in words for the person who made the mistake.
    """
    _refuse_unknown_variables()
    try:
        return Settings()
    except TOMLDecodeError as error:
        raise SettingsError(f"{CONFIG_FILE} is not TOML: {error}") from None
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            path = [str(part) for part in problem["loc"]]
            lines.append(f"EBBFLOW_{'__'.join(path).upper()}: {problem['msg'].removeprefix('Value error, ')}")
        where = f" (or in {CONFIG_FILE})" if Path(CONFIG_FILE).exists() else ""
        raise SettingsError("these settings are wrong" + where + ":\n  " + "\n  ".join(lines)) from None


def _refuse_unknown_variables() -> None:
    known = {f"EBBFLOW_{name.upper()}" for name in Settings.model_fields}
    known |= {f"EBBFLOW_POLICY__{name.upper()}" for name in Policy.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith("EBBFLOW_") and name.upper() not in known:
            close = get_close_matches(name.upper(), known, 1)
            hint = f"did you mean {close[0]}?" if close else "`ebbflow settings` lists them all"
            raise SettingsError(f"there is no setting {name}: {hint}")
