"""How gunicorn serves the program.

Each thread keeps a database connection of its own: workers × threads + jobs must stay below the server's max_connections.
"""

import gc
import os
from typing import Any

from myproject import env

worker_class = "gthread"
workers = env.number("WEB_WORKERS", 2)
# Two: one computes while the other waits for the database. Four slow each other down, because a thread that comes back
# from the database waits for every other one. Where photos are sent over slow lines, put a proxy in front that reads them.
threads = env.number("WEB_THREADS", 2)
timeout = env.number("WEB_TIMEOUT", 60)
graceful_timeout = 15
keepalive = 5
max_requests = env.number("WEB_MAX_REQUESTS", 5000)
max_requests_jitter = max_requests // 10
reload = env.flag("DEBUG")
proc_name = "florist-erp"
# Nobody steers it through a socket in the home folder.
control_socket_disable = True
if os.path.isdir("/dev/shm"):  # noqa: S108, PTH112 - the heartbeat file: a slow disk must not look like a hung worker
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def post_worker_init(worker: Any) -> None:
    """What was loaded stays for ever: the garbage collector need not look through it again and again. A page makes some
    ten thousand objects and drops them; with the default of 700 one page in twenty met a full collection and took up to
    twice as long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
