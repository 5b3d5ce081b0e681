"""Gunicorn's settings for one machine (`gunicorn -c portal/local/web.py wsgi:app`)."""

import os
from pathlib import Path

from portal.local.ports import LOOPBACK, bracketed

bind = [f"{bracketed(address)}:{os.environ.get('PORT', '8000')}" for address in LOOPBACK]
workers = 2
worker_class = "gthread"  # a sync worker is held for seconds by each connection that a browser opens in advance
threads = 4
graceful_timeout = 10
timeout = 60
keepalive = 5
errorlog = "-"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (gunicorn's own heartbeat file)
