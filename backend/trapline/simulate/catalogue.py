"""What OEM says about each type of target: pure data, in OEM's words.

Messages and metric names follow Oracle's documentation of the metrics as far as it was at hand; they are there to
be read on a wall. What rules depend on (columns, codes) is in `oem`.
"""

from typing import NamedTuple

from trapline.protocol.alerts import Target
from trapline.site import Server


class Metric(NamedTuple):
    """`id` is the name in scenario files; `group:column` is OEM's event name; values run from `low` to `high`."""

    id: str
    group: str
    column: str
    label: str
    unit: str
    low: float
    high: float
    message: str


class Kind(NamedTuple):
    """A type of target: how the console calls it, its version, the word for it in messages."""

    label: str
    version: str
    noun: str
    metrics: tuple[Metric, ...]


_HOST = Kind(
    "Host", "8.9.0.0.0", "host",
    (
        Metric("cpu", "Load", "cpuUtil", "CPU Utilization (%)", "%", 80.0, 99.9,
               "CPU Utilization is {value}%, crossed warning (80) or critical (95) threshold."),
        Metric("memory", "Load", "memUsedPct", "Memory Utilization (%)", "%", 85.0, 99.0,
               "Memory Utilization is {value}%, crossed warning (85) or critical (95) threshold."),
        Metric("filesystem", "Filesystems", "pctAvailable", "Filesystem Space Available (%)", "%", 1.0, 19.0,
               "Filesystem /u01 has {value}% available space, fallen below warning (20) or critical (5) threshold."),
    ),
)  # fmt: skip
_DATABASE = Kind(
    "Database Instance", "19.22.0.0.0", "database instance",
    (
        Metric("tablespace", "problemTbsp", "pctUsed", "Tablespace Space Used (%)", "%", 85.0, 99.0,
               "Tablespace [CLAIMS_DATA] is [{value} percent] full"),
        Metric("waits", "wait_bottlenecks", "user_wait_time_pct", "Wait Time (%)", "%", 50.0, 95.0,
               "The Metric Database Time Spent Waiting (%) is at {value} for event class 'User I/O'"),
        Metric("sessions", "Database_Resource_Usage", "session_usage", "Session Limit Usage (%)", "%", 90.0, 100.0,
               "90% of sessions are reached: current session limit usage is {value}%"),
    ),
)  # fmt: skip
_WEBLOGIC = Kind(
    "Oracle WebLogic Server", "14.1.1.0.0", "WebLogic server",
    (
        Metric("heap", "jvm", "heapUsedPercentage.value", "Heap Usage (%)", "%", 85.0, 99.0,
               "The heap usage is {value}%, crossed warning (85) or critical (95) threshold."),
        Metric("response", "server_servlet_jsp", "servlet_jsp.processing.time", "Request Processing Time (ms)", "ms",
               2000.0, 30000.0, "The request processing time is {value} ms, crossed warning (2000) or critical (10000)"
               " threshold."),
        Metric("threads", "server_work_manager", "threads.stuck", "Stuck Threads", "", 1.0, 40.0,
               "{value} threads of the work manager are stuck."),
    ),
)  # fmt: skip
_HTTP = Kind(
    "Oracle HTTP Server", "12.2.1.4.0", "HTTP server",
    (
        Metric("busy", "ohs_overview", "busyThreadsPct", "Busy Threads (%)", "%", 80.0, 100.0,
               "{value}% of the worker threads are busy, crossed warning (80) or critical (95) threshold."),
        Metric("errors", "ohs_overview", "errorRate", "Request Error Rate (%)", "%", 5.0, 60.0,
               "{value}% of the requests ended in an error, crossed warning (5) or critical (20) threshold."),
    ),
)  # fmt: skip
_KINDS = {
    "host": _HOST, "oracle_database": _DATABASE, "weblogic_j2eeserver": _WEBLOGIC, "oracle_apache": _HTTP,
}  # fmt: skip


def kind(target_type: str) -> Kind:
    """What is known of a type of target; of a type not known, that it has a name and is some target."""
    return _KINDS.get(target_type) or Kind(target_type, "", "target", _HOST.metrics)


def metrics(target_type: str) -> tuple[Metric, ...]:
    """The metrics that can alert on a type of target."""
    return kind(target_type).metrics


def targets_of(server: Server) -> tuple[Target, ...]:
    """The OEM targets of a server, its main one first. Patterns are no targets: nobody can be called `*`."""
    named = [target.partition(":")[::2] for target in server.targets if not {"*", "?"} & set(target)]
    host = next((name for type_, name in named if type_ == "host"), server.name)
    return tuple(Target(name=name, type=type_, host=host) for type_, name in named or [("host", host)])
