"""`import ninefold` and `ninefold --help`: CPU seconds of a fresh process, beside MLflow's."""

import sys

from bench import alternate, peer, report, run, spread


def main() -> None:
    """Measure both in turn."""
    mlflow = str(peer("mlflow", "mlflow==3.14.0"))
    sides = {
        "bare Python": [sys.executable, "-c", "pass"],
        "import ninefold": [sys.executable, "-c", "import ninefold"],
        "ninefold --help": [sys.executable, "-m", "ninefold", "--help"],
        "import mlflow": [mlflow, "-c", "import mlflow"],
        "mlflow --help": [mlflow, "-m", "mlflow", "--help"],
    }
    found = alternate({name: (lambda c=command: run(c)[0]) for name, command in sides.items()}, 7)
    figures: dict[str, object] = {f"{name}, CPU s": spread(values) for name, values in found.items()}
    medians = {name: spread(values)["median"] for name, values in found.items()}
    figures["ratio of import"] = medians["import mlflow"] / medians["import ninefold"]
    figures["ratio of help"] = medians["mlflow --help"] / medians["ninefold --help"]
    report("import", "A fresh process imports the package, or shows the command's help.", figures, ["ninefold"])


if __name__ == "__main__":
    main()
