"""Render docs/benchmarks.md from the rows: only what was measured is written, each row with its circumstances."""

import json
from pathlib import Path

ROWS = Path(__file__).parent / "rows"
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Made by `make bench-table` from `benchmarks/rows/`; each row by `make bench NAME=...`. The machines are shared and
noisy: CPU time and ratios from one run count, absolute times do not. A peer does more or less than we do; what each
side did is said in the row.
"""


def text(value: object) -> str:
    """Return a figure as the page shows it."""
    if isinstance(value, dict) and "median" in value:
        return f"{value['median']:.4g} ({value['min']:.4g} to {value['max']:.4g}, {value['runs']} runs)"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def main() -> None:
    """Write the page."""
    parts = [HEAD]
    for path in sorted(ROWS.glob("*.json")):
        row = json.loads(path.read_text())
        lines = [f"\n## {row['name']}\n", f"{row['what']}\n", "| figure | value |", "|---|---|"]
        lines += [f"| {key} | {text(value)} |" for key, value in row["figures"].items()]
        versions = ", ".join(f"{k} {v}" for k, v in row["versions"].items())
        lines.append(f"\n{row['date']}, commit {row['commit']}, {row['machine']}{'; ' + versions if versions else ''}.")
        parts.append("\n".join(lines) + "\n")
    PAGE.write_text("".join(parts))


if __name__ == "__main__":
    main()
