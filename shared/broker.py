"""Redis only rings the bell: a Celery message says that a lane has work, a nudge that a job changed.

Nothing here may hold up or fail a request: every call is bounded in time and tells by its answer
whether the bell rang. A lost ring costs at most a sweep, for idle workers also look in SQL.
"""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import redis
from celery import Celery

from shared.settings import Settings

logger = logging.getLogger(__name__)

TASK = "atelier.work"
CHANNEL = "atelier:jobs"

#: A bell that does not answer within this many seconds is not waited for.
PATIENCE = 0.25
#: After a failure, requests leave the bell alone for this long.
QUIET_SECONDS = 1.0


def celery_url(redis_url: str) -> str:
    """kombu's spelling of a Redis URL (unix sockets differ from redis-py's)."""
    return redis_url.replace("unix://", "redis+socket://", 1)


def make_celery(settings: Settings) -> Celery:
    """The Celery application: JSON only, early ack, no results, nothing prefetched, no remote control."""
    app = Celery("atelier", broker=celery_url(settings.redis_url))
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=False,
        task_default_queue="interactive",
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_proc_alive_timeout=120.0,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_timeout": 10.0,
            "socket_connect_timeout": 2.0,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "visibility_timeout": 3600,
        },
    )
    return app


class Bell:
    """Rings lanes and nudges watchers, each within ``PATIENCE`` seconds or not at all."""

    def __init__(self, settings: Settings) -> None:
        self._app = make_celery(settings)
        self._app.conf.broker_transport_options = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "max_retries": 0,  # kombu would otherwise sleep two seconds and try again
        }
        self._app.conf.broker_connection_timeout = PATIENCE
        self._redis = redis.Redis.from_url(
            settings.redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._lock = threading.Lock()
        self._quiet_until = 0.0

    def ring(self, lane: str) -> bool:
        """Tell the lane's workers that there is work; call it after the commit. Never raises."""
        return self._bounded(
            lambda: self._app.send_task(TASK, args=(lane,), queue=lane, retry=False, ignore_result=True)
        )

    def nudge(self, *job_ids: str) -> bool:
        """Tell whoever watches that these jobs changed, in one round trip. Never raises."""

        def publish() -> None:
            with self._redis.pipeline(transaction=False) as together:
                for job_id in job_ids:
                    together.publish(CHANNEL, job_id)
                together.execute()

        return self._bounded(publish)

    def _bounded(self, call: Any) -> bool:
        if time.monotonic() < self._quiet_until:
            return False
        try:
            call()
        except Exception as error:  # whatever the client library raises, the request goes on
            with self._lock:
                self._quiet_until = time.monotonic() + QUIET_SECONDS
            logger.warning("the bell did not ring: %s", error)
            return False
        return True


def listen(settings: Settings, stopped: threading.Event) -> Iterator[str]:
    """The ids of jobs that changed, as nudges come, until ``stopped``; silence and faults are survived.

    An empty string is given about once a second, so that the caller can look around.
    """
    while not stopped.is_set():
        try:
            client = redis.Redis.from_url(settings.redis_url, socket_timeout=5.0, socket_connect_timeout=1.0)
            with client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
                channel.subscribe(CHANNEL)
                while not stopped.is_set():
                    message = channel.get_message(timeout=1.0)
                    yield message["data"].decode() if message else ""
        except (redis.RedisError, OSError):
            yield ""
            stopped.wait(1.0)
