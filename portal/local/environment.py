"""What the portal's processes are told, all of it by their environment."""

from collections.abc import Mapping
from pathlib import Path

from portal.local.servers import Servers

PASSED_ON = ("SECRET_KEY", "MASTER_KEY", "PEPPER", "QUEUE_KEY", "ROLES_SECRET")


def portal_environment(
    keys: Mapping[str, str], servers: Servers, data: Path, *, port: int, smtp_port: int
) -> dict[str, str]:
    """Only the portal's own variables; whoever starts a process adds them to what it inherits."""
    return {name: keys[name] for name in PASSED_ON} | {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "ENVIRONMENT": "demo",
        "BASE_URL": f"http://localhost:{port}",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp_port),
        "DATA_DIR": str(data),
        "UNDO_MINUTES": "1",
    }
