"""net-snmp's own snmptrap and snmpinform as senders, with the oraEMNGEvent columns that matter."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from trapline.protocol.alerts import Target
from trapline.snmp import User
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

ENTERPRISE = "1.3.6.1.4.1.111.15.2"
TRAP_OID = f"{ENTERPRISE}.0.3"
_COLUMN = "1.3.6.1.4.1.111.15.3.1.1"

# One user for each pair that Debian's net-snmp can: every digest, every cipher.
USERS = (
    User("md5-des", AuthProtocol.MD5, b"authentic-md5-des", PrivacyProtocol.DES, b"private-md5-des"),
    User("sha-aes", AuthProtocol.SHA, b"authentic-sha-aes", PrivacyProtocol.AES, b"private-sha-aes"),
    User("sha224-aes", AuthProtocol.SHA_224, b"authentic-sha224", PrivacyProtocol.AES, b"private-sha224"),
    User("sha256-aes", AuthProtocol.SHA_256, b"authentic-sha256", PrivacyProtocol.AES, b"private-sha256"),
    User("sha256-aes192", AuthProtocol.SHA_256, b"authentic-aes192", PrivacyProtocol.AES_192, b"private-aes192"),
    User("sha384-aes256", AuthProtocol.SHA_384, b"authentic-sha384", PrivacyProtocol.AES_256, b"private-sha384"),
    User("sha512-aes", AuthProtocol.SHA_512, b"authentic-sha512", PrivacyProtocol.AES, b"private-sha512"),
    User("sha512-aes256", AuthProtocol.SHA_512, b"authentic-aes256", PrivacyProtocol.AES_256, b"private-aes256"),
)
BY_COMMUNITY = ("-v2c", "-c", "public")


def write_credentials(path: Path) -> None:
    """The community `public` and all USERS, as a site would write them."""
    users = [
        {
            "name": user.name,
            "auth": {"protocol": str(user.auth_protocol), "password": user.auth_password.decode()},
            "privacy": {"protocol": str(user.privacy_protocol), "password": user.privacy_password.decode()},
            "engine_ids": "any",
        }
        for user in USERS
    ]
    content = {"communities": [{"name": "public", "community": "public"}], "users": users}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    path.chmod(0o600)


def by_user(user: User) -> tuple[str, ...]:
    """The options with which net-snmp's tools send as a v3 user."""
    assert user.auth_protocol
    assert user.privacy_protocol
    return (
        *("-v3", "-u", user.name, "-l", user.security_level),
        *("-a", user.auth_protocol, "-A", user.auth_password.decode()),
        *("-x", user.privacy_protocol, "-X", user.privacy_password.decode()),
    )


def event(target: Target, severity: str, sequence_id: str, message: str = "") -> list[str]:
    """OEM's columns as arguments of net-snmp's tools. `severity` is OEM's code, CLEAR ends what has `sequence_id`."""
    columns = {
        3: message or f"{target.name} is {'up' if severity == 'CLEAR' else 'down'}",
        6: severity,
        13: "Target Availability",
        21: target.name,
        23: target.type,
        24: target.host or "",
        42: sequence_id,
    }
    return [word for column, text in columns.items() for word in (f"{_COLUMN}.{column}.1", "s", text)]


class NetSnmp:
    """The tools against one trap port, with their state in `folder`: engine boots go up with each call, as they do
    in life."""

    def __init__(self, port: int, folder: Path) -> None:
        self._to = f"127.0.0.1:{port}"
        self._environment = os.environ | {"MIBS": "", "SNMPCONFPATH": str(folder), "SNMP_PERSISTENT_DIR": str(folder)}

    def trap_v1(self, varbinds: Sequence[str]) -> None:
        """An SNMPv1 trap, as OEM sends it."""
        head = ("-v1", "-c", "public", self._to, ENTERPRISE, "192.0.2.10", "6", "3", "4711")
        self._run("snmptrap", *head, *varbinds)

    def trap(self, options: Sequence[str], varbinds: Sequence[str]) -> None:
        """A v2c or v3 trap."""
        engine = ("-e", "0x8000006f046f6d733031") if "-v3" in options else ()
        self._run("snmptrap", *options, *engine, self._to, "4711", TRAP_OID, *varbinds)

    def inform(self, options: Sequence[str], varbinds: Sequence[str]) -> None:
        """A v2c or v3 inform; returns when it was answered."""
        self._run("snmpinform", *options, "-t", "5", "-r", "2", self._to, "4711", TRAP_OID, *varbinds)

    def _run(self, *command: str) -> None:
        ended = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, f"{command[0]} {command[1]}: {ended.stdout}{ended.stderr}"
