"""Every setting of a process, read once from the environment and `.env`; docs/operations.md lists them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError


class Rate(BaseModel):
    """How often something may be done: `limit` times, refilled evenly over `per_seconds`."""

    limit: Annotated[int, Field(ge=1)]
    per_seconds: Annotated[int, Field(ge=1)]


class Issuer(BaseModel):
    """An outside OpenID issuer whose tokens sign people in."""

    issuer: str
    audience: str
    jwks_url: str | None = None
    """Where its keys are; found through `/.well-known/openid-configuration` when left out."""


class Settings(BaseSettings):
    """Each field is the environment variable `CROSSFADE_<FIELD>`, save `DATABASE_URL`."""

    model_config = SettingsConfigDict(
        env_prefix="CROSSFADE_",
        env_file=".env",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        nested_model_default_partial_update=True,
        extra="ignore",
        frozen=True,
    )

    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: str | None = None
    trusted_proxies: list[str] = []
    data_folder: Path = Path(".data")

    database_url: Annotated[
        str | None, Field(validation_alias="DATABASE_URL", pattern=r"^postgres(ql)?://")
    ] = None
    database_pool_size: Annotated[int, Field(ge=1, le=500)] = 10

    secret_key: SecretStr | None = None
    access_token_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    refresh_token_days: Annotated[int, Field(ge=1, le=365)] = 30
    refresh_grace_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    revoked_session_days: Annotated[int, Field(ge=1)] = 30
    issuers: list[Issuer] = []
    allowed_origins: list[str] = []

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    is_graphiql_on: bool = True
    is_introspection_on: bool = True
    is_metrics_on: bool = True
    trusted_documents: Path | None = None
    is_trusted_documents_only: bool = False
    max_kept_documents: Annotated[int, Field(ge=1)] = 1000
    compress_from_bytes: Annotated[int, Field(ge=0)] = 16_384
    public_cache_seconds: Annotated[int, Field(ge=0)] = 0

    event_retention_days: Annotated[int, Field(ge=1)] = 7
    sweep_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0

    max_depth: Annotated[int, Field(ge=1)] = 12
    max_tokens: Annotated[int, Field(ge=1)] = 1000
    max_aliases: Annotated[int, Field(ge=1)] = 15
    max_page_size: Annotated[int, Field(ge=1)] = 100
    max_body_bytes: Annotated[int, Field(ge=1024)] = 1_000_000
    max_subscriptions_per_socket: Annotated[int, Field(ge=1)] = 100
    max_operations_per_socket: Annotated[int, Field(ge=1)] = 20
    max_waiting_events: Annotated[int, Field(ge=1)] = 1000
    max_waiting_bytes: Annotated[int, Field(ge=1024)] = 1_000_000
    max_cached_documents: Annotated[int, Field(ge=1)] = 500
    max_message_length: Annotated[int, Field(ge=1, le=5000)] = 5000

    operation_seconds: Annotated[float, Field(gt=0)] = 10.0
    receive_seconds: Annotated[float, Field(gt=0)] = 20.0
    stall_seconds: Annotated[float, Field(gt=0)] = 30.0
    connection_init_seconds: Annotated[float, Field(gt=0)] = 10.0
    heartbeat_seconds: Annotated[float, Field(gt=0)] = 12.0

    rate_sign_in: Rate = Rate(limit=10, per_seconds=900)
    rate_sign_up: Rate = Rate(limit=5, per_seconds=3600)
    rate_send_message: Rate = Rate(limit=5, per_seconds=5)


class SettingsError(Exception):
    """A setting has a wrong value; the message names it in one line."""


def load_settings(**overrides: object) -> Settings:
    """Read the settings. Raises SettingsError with one readable line."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors()[0]
        where = "__".join(str(part) for part in first["loc"])
        name = where if where == "DATABASE_URL" else f"CROSSFADE_{where.upper()}"
        raise SettingsError(f"{name}: {first['msg']}") from None
    except UnreadableError as error:
        # `error parsing value for field "issuers" from source "EnvSettingsSource"`, before any check.
        where = str(error).split('"')[1]
        raise SettingsError(f"CROSSFADE_{where.upper()}: must be JSON") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env: cannot be read ({error})") from None
