"""What a server refuses before it listens, and what it tells of itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.serving.raw import BODY

from ninefold.kernel.errors import Unreachable
from ninefold.testing.serving import Shop, rows_request


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "would listen on 0.0.0.0, which others can reach"),  # noqa: S104 - it is refused
        (["--host", "0.0.0.0", "--no-tokens", "--listen-beyond-loopback"], "ask nobody for a token"),  # noqa: S104 - as above
        (["--tokens", "none"], "The file of tokens none cannot be read"),
        (["--trust", "none"], "There is no none"),
        (["no-such.9fb"], "There is no no-such.9fb"),
    ],
)
def test_what_is_refused(own: Shop, options: list[str], message: str) -> None:
    """With the way out in the message."""
    with pytest.raises(Unreachable, match=message):
        own.start(*options)


def test_a_port_that_is_taken(shop: Shop, own: Shop) -> None:
    """A sentence, not a traceback."""
    with pytest.raises(Unreachable, match=f"The port {shop.port} of 127.0.0.1 cannot be taken"):
        own.start("--port", str(shop.port))


def test_nothing_trusted(own: Shop) -> None:
    """No bundle, no server; the reason stands with the file."""
    (own.keys / "maker.pub").unlink()
    with pytest.raises(Unreachable, match=r"No bundle can be served.*model\.9fb: Nobody who is trusted here signed"):
        own.start()


def test_without_tokens_when_told_so(own: Shop) -> None:
    """On loopback, for a first try."""
    own.start("--no-tokens")
    status, _, _ = own.ask("POST", "/v2/models/tool-failure/infer", BODY, headers={})
    assert status == 200


def test_metrics_as_prometheus_reads_them(own: Shop) -> None:
    """Requests by answer, rows, times, bundles; a histogram that adds up."""
    own.start()
    for rows in (1, 2, 3):
        assert own.infer(rows_request([[50.0, 1500.0]] * rows))[0] == 200
    assert own.infer(b"{")[0] == 400
    _, fields, text = own.ask("GET", "/metrics")
    assert fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(text.decode()) for s in family.samples
    }  # fmt: skip
    of = (("model", "tool-failure"), ("version", "1"))
    prefix = "ninefold_serving_"
    assert samples[f"{prefix}requests_total", (("code", "200"), *of)] == 3
    assert samples[f"{prefix}requests_total", (("code", "400"), *of)] == 1
    assert samples[f"{prefix}rows_total", of] == 6
    assert samples[f"{prefix}request_seconds_count", of] == samples[
        f"{prefix}request_seconds_bucket", (("le", "+Inf"), *of)] == 4  # fmt: skip
    assert samples[f"{prefix}request_seconds_sum", of] < 1
    assert samples[f"{prefix}request_seconds_sum", of] > 0.0001
    assert samples[f"{prefix}answers_total", (("code", "400"),)] == 1
    assert samples["process_resident_memory_bytes", ()] > 1e6


def test_a_server_loads_nothing_that_it_does_not_need(own: Shop) -> None:
    """No DuckDB, no trainer, no web framework, no terminal."""
    code = """
import sys
import ninefold.serving.server, onnxruntime
heavy = {"duckdb", "sklearn", "lightgbm", "litestar", "uvicorn", "onnx", "rich", "asyncua", "pandas", "scipy"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_token_is_made_on_the_command_line(tmp_path: Path) -> None:
    """It is printed once."""
    from ninefold.serving.tokens import read_tokens

    command = [sys.executable, "-m", "ninefold", "inference", "token", "line-3", "--tokens", str(tmp_path / "tokens")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert read_tokens(tmp_path / "tokens").allow(b"Bearer " + done.stdout.strip().encode())
