"""Every setting in one place: environment variables `EBBFLOW_*`, then `ebbflow.toml`, then these defaults."""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnparsedError

from schemas.consent import Categories
from schemas.credentials import Credentials, credentials
from schemas.duration import Duration
from schemas.endpoints import Endpoints
from schemas.fields import FieldPaths
from schemas.kinds import Kind
from schemas.policy import Policy

CONFIG_FILE = "ebbflow.toml"
_SHORTEST_HASH_KEY = 16

# As browsers write it: in small letters.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#,A-Z]+")


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
    batch_records: int = Field(
        10_000,
        ge=1,
        le=100_000,
        description="Most records handled in one go: the more, the oftener a customer's are folded together.",
    )
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
    write_keys: Credentials = Field(
        SecretStr(""),
        description="Comma-separated keys that may publish, named or not: `web=KEY1,KEY2`. The gateway needs one.",
    )
    read_tokens: Credentials = Field(
        SecretStr(""), description="Comma-separated tokens that may read, named or not; presented as Bearer."
    )
    team_tokens: Credentials = Field(
        SecretStr(""),
        description="Comma-separated tokens that may read, and say what becomes of alerts; presented as Bearer.",
    )
    admin_tokens: Credentials = Field(
        SecretStr(""),
        description="Comma-separated tokens that may do all of that, export and erase; presented as Bearer.",
    )
    hook_secrets: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='Signing secrets of webhooks, by sender: `{"stripe": "whsec_1,whsec_2"}`, more while rotating.',
    )
    hook_customers: dict[str, str] = Field(
        default_factory=dict, description='How webhooks name customers, where there is a choice: `{"shopify": "id"}`.'
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="How the gateway is called from outside, as `https://events.example.com`: HubSpot signs it.",
    )
    allowed_origins: str = Field(
        "",
        description="Comma-separated origins whose pages may send, as `https://shop.example`; `*` for all.",
    )
    rate_limit: float = Field(
        0,
        ge=0,
        description="Touchpoints a second that each write key, or sender of webhooks, may send to one gateway; 0: any.",
    )
    client_timeout: Duration = Field(
        timedelta(seconds=20),
        gt=timedelta(0),
        description="A client that takes longer to send a head, to send a body or to read its answer is left.",
    )
    gateway_metrics_port: int = Field(
        9465, ge=0, le=65535, description="Prometheus metrics of the gateway; 0 for none."
    )
    publish_timeout: Duration = Field(
        timedelta(seconds=10),
        gt=timedelta(0),
        description="A request answers 503 when the broker takes longer to acknowledge.",
    )

    # Privacy, and what the data should be like
    ip: Literal["truncate", "keep", "drop"] = Field(
        "truncate", description="What the gateway does with IP addresses; truncated, they say a network and nobody."
    )
    drop_fields: FieldPaths = Field(
        "", description="Comma-separated fields that the gateway leaves out: `context.userAgent,traits.phone`."
    )
    hash_fields: FieldPaths = Field(
        "", description="Comma-separated fields of which the gateway publishes an HMAC only: `traits.email`."
    )
    hash_key: SecretStr = Field(
        SecretStr(""), description="The key of these HMACs, 16 characters at least; the same for every gateway."
    )
    consent: Categories = Field(
        default_factory=dict,
        description='What your consent categories are about (analytics, profiling, none): `"Ads" = "profiling"`.',
    )
    plan: str = Field("", description="A folder of JSON Schemas, one an event: `Order Completed.json`. Empty: no plan.")
    plan_mode: Literal["warn", "reject"] = Field(
        "warn", description="What becomes of an event that is off the plan: it is counted, or refused, too."
    )

    # Notifier
    endpoints: Endpoints = Field(
        default_factory=dict, description="Where alerts are delivered to, by name: a section `[endpoints.crm]` each."
    )
    notify_for: Duration = Field(
        timedelta(days=3),
        gt=timedelta(0),
        description="How long a delivery is tried; alerts that were published longer ago are passed over.",
    )
    notifier_metrics_port: int = Field(
        9466, ge=0, le=65535, description="Prometheus metrics of the notifier; 0 for none."
    )

    # Console
    console_host: str = Field(
        "127.0.0.1", description="Where the console listens. Beyond loopback it asks for a team's or an admin's token."
    )
    console_port: int = Field(8181, ge=0, le=65535, description="HTTP port of the console.")

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

    @model_validator(mode="before")
    @classmethod
    def _own_rules_are_policy(cls, said: Any) -> Any:
        """`[rules.NAME]` is short for `[policy.rules.NAME]`."""
        if not isinstance(said, dict) or "rules" not in said:
            return said
        said, policy = dict(said), said.get("policy") or {}
        rules = said.pop("rules")
        if isinstance(policy, Policy):
            policy = policy.model_dump()
        return {**said, "policy": {"rules": rules, **policy}}

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, said: str) -> str:
        for origin in _split(said):
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin: write https://shop.example, without a path")
        return said

    @model_validator(mode="after")
    def _each_secret_has_one_purpose(self) -> Self:
        seen: set[str] = set()
        for name in ("write_keys", "read_tokens", "team_tokens", "admin_tokens"):
            own = {each.secret for each in credentials(getattr(self, name))}
            if own & seen:
                raise ValueError(f"EBBFLOW_{name.upper()}: one of them is also given for something else")
            seen |= own
        return self

    @model_validator(mode="after")
    def _hashes_have_a_key(self) -> Self:
        if self.hash_fields and len(self.hash_key.get_secret_value()) < _SHORTEST_HASH_KEY:
            raise ValueError(
                f"EBBFLOW_HASH_KEY: hash_fields need a key of {_SHORTEST_HASH_KEY} characters at least; "
                "`openssl rand -hex 32` makes a good one"
            )
        return self

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

    @property
    def origins(self) -> tuple[str, ...]:
        """The allowed origins, one by one."""
        return tuple(_split(self.allowed_origins))

    def topic(self, name: str) -> str:
        """A topic's or group's full name."""
        return f"{self.prefix}.{name}" if self.prefix else name

    def keyspace(self, name: str) -> str:
        """A Redis key's full name."""
        return f"ebbflow:{self.prefix}:{name}" if self.prefix else f"ebbflow:{name}"


def _split(said: str) -> Iterator[str]:
    return filter(None, map(str.strip, said.split(",")))


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
    except UnparsedError as error:
        found = re.search(r'field "(\w+)"', str(error))
        variable = f"EBBFLOW_{found[1].upper()}" if found else "a variable"
        raise SettingsError(f'{variable} is not JSON: write {{"name": "value"}}, in single quotes') from None
    except TOMLDecodeError as error:
        raise SettingsError(f"{CONFIG_FILE} is not TOML: {error}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{CONFIG_FILE} is not UTF-8: save it as that") from None
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            lines.append(_where(problem["loc"]) + problem["msg"].removeprefix("Value error, "))
        where = f" (or in {CONFIG_FILE})" if Path(CONFIG_FILE).exists() else ""
        raise SettingsError("these settings are wrong" + where + ":\n  " + "\n  ".join(lines)) from None


def _where(path: tuple[int | str, ...]) -> str:
    if path[:2] == ("policy", "rules"):
        # As in the file: rules are written there.
        named = [str(part) for part in path[2:] if part != "[key]"]
        return f"[rules.{named[0]}]{''.join(f' {part}' for part in named[1:])}: " if named else "[rules]: "
    variable = "__".join(map(str, path)).upper()
    return f"EBBFLOW_{variable}: " if variable else ""


def _refuse_unknown_variables() -> None:
    known = {f"EBBFLOW_{name.upper()}" for name in Settings.model_fields}
    known |= {f"EBBFLOW_POLICY__{name.upper()}" for name in Policy.model_fields}
    for name in sorted(os.environ):
        # So that secrets need not be in a file: EBBFLOW_ENDPOINTS__CRM__SECRET.
        if name.upper().startswith("EBBFLOW_ENDPOINTS__"):
            continue
        if name.upper().startswith("EBBFLOW_") and name.upper() not in known:
            close = get_close_matches(name.upper(), known, 1)
            hint = f"did you mean {close[0]}?" if close else "`ebbflow settings` lists them all"
            raise SettingsError(f"there is no setting {name}: {hint}")
