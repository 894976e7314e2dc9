"""A table such as an engineer brings: parts of one press, of which those fail that were made hard with a worn tool."""

import csv
import math
import random
from datetime import datetime, timedelta
from pathlib import Path

NAMES = (
    "Part no", "Finished", "Machine", "Variant", "Air temperature [K]", "Speed [rpm]", "Torque [Nm]", "Tool wear [min]",
    "Failed",
)  # fmt: skip
ROWS = 2400


def write_parts(path: Path, rows: int = ROWS) -> int:
    """Write the table and return how many parts failed. The signal is plain, so that a small model finds it."""
    random_ = random.Random(20261128)
    moment, wear, failures = datetime(2026, 11, 2, 6, 0), 0, 0  # noqa: DTZ001 - as an export writes it
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(NAMES)
        for number in range(1, rows + 1):
            moment += timedelta(seconds=60)
            wear = (wear + random_.choice((1, 2, 3))) % 220
            torque = random_.gauss(40, 8)
            failed = int(random_.random() < 1 / (1 + math.exp(-(torque * wear - 6800) / 120)))
            failures += failed
            air = 300 + 2 * math.sin(number / 200) + random_.gauss(0, 0.4)
            values = (f"{air:.2f}", round(random_.gauss(1500, 120)), f"{torque:.1f}", wear, failed)
            writer.writerow((number, moment.isoformat(sep=" "), "press-1", random_.choice("ABC"), *values))
    return failures
