"""The typed Python client of the REST API; `answers` and `requests` are the shapes that both sides speak.

with Client("http://127.0.0.1:9400", token) as client:
    print(client.status().counts)
    for alarm in client.alarms(asset="cell-1/m4"):
        client.judge(alarm, "confirmed", "spindle cooling")
"""

from pathlib import Path
from typing import Self

from ninefold.client.acting import Acting
from ninefold.client.api import Api
from ninefold.client.reading import Reading
from ninefold.kernel.outgoing import Server

__all__ = ["Client"]


class Client(Reading, Acting):
    """One workbench, asked with a token of the page *People and tokens*. One object belongs to one thread.

    What the workbench refuses is raised as the error of the house that it stands for, with the same hint.
    """

    def __init__(self, url: str, token: str, *, ca: Path | None = None, timeout_s: float = 30.0) -> None:
        """Keep the address; nothing is opened yet.

        Raises:
            InvalidInput: not an http(s) URL, or plain http beyond loopback.
        """
        self.api = Api(Server(url, authorization=f"Bearer {token}", ca=ca, timeout_s=timeout_s))

    def close(self) -> None:
        """Close the connection."""
        self.api.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
