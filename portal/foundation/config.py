"""Settings, read once from the environment and refused when incomplete or weak."""

import base64
import binascii
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from flask import current_app
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SAMPLES = ("changeme", "change-me", "secret", "sample", "example", "password", "0123456789")
MINIMUM_SECRET_LENGTH = 32
MINIMUM_VARIETY = 10
MASTER_KEY_BYTES = 32
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Environment(StrEnum):
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class SmtpSecurity(StrEnum):
    """How the mail server is spoken to: in the clear, after STARTTLS, or inside TLS from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


def refuse_weak(name: str, value: str) -> None:
    if len(value) < MINIMUM_SECRET_LENGTH or len(set(value)) < MINIMUM_VARIETY or value.lower().startswith(SAMPLES):
        raise ValueError(f"{name} is missing, too short or a sample: give {MINIMUM_SECRET_LENGTH} random characters")


class Settings(BaseSettings):
    """One field a variable of the environment (upper case). Durations carry their unit in the name."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment: Environment = Environment.PRODUCTION
    database_url: str
    redis_url: str
    secret_key: SecretStr
    master_key: SecretStr
    pepper: SecretStr
    queue_key: SecretStr
    roles_secret: SecretStr
    base_url: str
    data_dir: Path = Path(".data")
    trusted_hosts: str = ""
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    smtp_host: str = "127.0.0.1"
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_security: SmtpSecurity = SmtpSecurity.NONE
    mail_from: str = "ne-pas-repondre@collectif.example.org"
    brand_name: str = "Collectif Mentorat"
    contact_mail: str = "contact@collectif.example.org"
    undo_minutes: Annotated[int, Field(ge=0, le=60)] = 5
    late_working_days: Annotated[int, Field(ge=1, le=30)] = 3
    expiry_days: Annotated[int, Field(ge=1, le=60)] = 7
    contact_days: Annotated[int, Field(ge=1, le=365)] = 90
    guardian_days: Annotated[int, Field(ge=1, le=60)] = 14
    applicant_days: Annotated[int, Field(ge=1, le=90)] = 14
    unconfirmed_hours: Annotated[int, Field(ge=1, le=720)] = 72
    pool_size: Annotated[int, Field(ge=1, le=50)] = 4
    lease_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    sweep_seconds: Annotated[int, Field(ge=1, le=60)] = 15
    limits_enabled: bool = True

    @field_validator("master_key")
    @classmethod
    def master_key_is_32_bytes(cls, value: SecretStr) -> SecretStr:
        try:
            raw = base64.b64decode(value.get_secret_value(), validate=True)
        except binascii.Error as error:
            raise ValueError("MASTER_KEY must be base64") from error
        if len(raw) != MASTER_KEY_BYTES or len(set(raw)) < MINIMUM_VARIETY:
            raise ValueError("MASTER_KEY must be 32 random bytes in base64")
        return value

    @model_validator(mode="after")
    def secrets_are_strong(self) -> "Settings":
        for name in ("secret_key", "pepper", "queue_key", "roles_secret"):
            refuse_weak(name.upper(), getattr(self, name).get_secret_value())
        if self.production and not self.base_url.startswith("https://"):
            raise ValueError("BASE_URL must start with https:// in production")
        if self.production and self.smtp_security is SmtpSecurity.NONE and self.smtp_host not in LOOPBACK:
            raise ValueError("SMTP_SECURITY must be starttls or tls in production, unless SMTP_HOST is this machine")
        return self

    @property
    def production(self) -> bool:
        return self.environment is Environment.PRODUCTION


def settings() -> Settings:
    """Those of the running application."""
    found: Settings = current_app.config["SETTINGS"]
    return found
