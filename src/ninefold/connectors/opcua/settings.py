"""What a connection over OPC UA needs to know; every bad field of its file is reported at once."""

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from ninefold.connectors.contract import PlannedTag
from ninefold.vocabulary.quantity import Duration

MAX_TAGS = 20_000


class Security(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signing and encryption. There is no setting for neither."""

    policy: Literal["Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"] = "Basic256Sha256"
    mode: Literal["SignAndEncrypt", "Sign"] = "SignAndEncrypt"
    certificate: str = "agent"  # our own pair, PKI/NAME.der and NAME.pem; created when absent
    server: str | None = None  # the server's pinned certificate, PKI/trusted/NAME.der; default the connection's name


class OpcuaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file connections/NAME.yaml of a connection over OPC UA."""

    connector: Literal["opcua"]
    endpoint: str
    tags: tuple[PlannedTag, ...]
    zone: Literal["cell", "dmz", "enterprise"] = "cell"
    security: Security = Security()
    write: tuple[str, ...] = ()  # addresses
    publish: Duration = Duration(0.1)  # how often the server sends what has changed
    queue: int = 100  # samples that the server keeps of a tag between two publications
    timeout: Duration = Duration(4.0)  # of one request
    application: str = "urn:ninefold:agent"  # our ApplicationUri

    def __post_init__(self) -> None:
        """Refuse what no server can answer."""
        parts = urlsplit(self.endpoint)
        if parts.scheme != "opc.tcp" or not parts.hostname:
            raise ValueError(f"the endpoint {self.endpoint!r} is not of the form opc.tcp://host:4840")
        if parts.username or parts.password:
            raise ValueError("the endpoint must not hold a user or a password")
        if not 1 <= len(self.tags) <= MAX_TAGS:
            raise ValueError(f"{len(self.tags)} tags are listed; a connection has 1 to {MAX_TAGS}")
        if not 1 <= self.queue <= 100_000:
            raise ValueError(f"queue is {self.queue}; it lies between 1 and 100000")
        if not 0.01 <= self.publish <= 60:
            raise ValueError(f"publish is {float(self.publish):g} s; it lies between 10 ms and 60 s")
        if not 0.1 <= self.timeout <= 120:
            raise ValueError(f"timeout is {float(self.timeout):g} s; it lies between 100 ms and 120 s")
