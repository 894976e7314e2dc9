"""Runs of a tracking server, page by page."""

from collections.abc import Iterator
from typing import Any

from ninefold.kernel.errors import ConnectorError, NotFound
from ninefold.tracking.bounds import MOST_ARTEFACTS, MOST_POINTS
from ninefold.tracking.history import Point
from ninefold.tracking.mlflow.client import MlflowClient
from ninefold.tracking.mlflow.found import FoundRun, found_run, point
from ninefold.vocabulary.run import Artefact

PAGE = 200  # runs; one with 10,000 metrics is about 1 MB
DEEPEST = 20  # folders of artefacts


class ServerRuns:
    """The runs that a server's client sees. See `RunSource`."""

    def __init__(self, client: MlflowClient) -> None:
        self.client = client

    def runs(self, experiment: str | None) -> Iterator[FoundRun]:
        """Yield the runs. See the contract."""
        for id, name in self._experiments(experiment):
            for info, data in self.pages(id):
                yield found_run(info, data, name)

    def pages(self, experiment: str, where: str = "") -> Iterator[tuple[Any, Any]]:
        """Yield (info, data) of an experiment's runs, the oldest first; `where` is a filter in MLflow's words."""
        body: dict[str, Any] = {"experiment_ids": [experiment], "max_results": PAGE, "run_view_type": "ACTIVE_ONLY"}
        body |= {"order_by": ["attributes.start_time ASC"]} | ({"filter": where} if where else {})
        for answer in self._paged("runs/search", body):
            for run in answer.get("runs", ()):
                yield run.get("info", {}), run.get("data", {})

    def history(self, run: FoundRun, metric: str) -> list[Point]:
        """Return all values of a metric. See the contract."""
        return self.values(run.id, metric)

    def values(self, run: str, metric: str) -> list[Point]:
        """Return all values of a metric of the run with an id."""
        points: list[Point] = []
        token = ""
        while len(points) < MOST_POINTS:
            query = {"run_id": run, "metric_key": metric, "max_results": "25000"}
            answer = self.client.get("metrics/get-history", **query, **({"page_token": token} if token else {}))
            points += [point(m) for m in answer.get("metrics", ())]
            if not (token := answer.get("next_page_token", "")):
                break
        return points

    def artefacts(self, run: FoundRun, most: int) -> list[Artefact]:
        """Return the files of a run. See the contract."""
        found: list[Artefact] = []
        folders = [("", 0)]
        while folders:
            folder, depth = folders.pop()
            for entry in self._listed(run, folder):
                path, size = str(entry["path"]), int(entry.get("file_size") or 0)
                if not entry.get("is_dir"):
                    found.append(self._digested(run, path, size, most))
                elif depth < DEEPEST:
                    folders.append((path, depth + 1))
                if len(found) > MOST_ARTEFACTS:
                    raise ConnectorError(f"The run {run.id[:12]} has more than {MOST_ARTEFACTS} artefacts.")
        return sorted(found, key=lambda a: a.name)

    def _listed(self, run: FoundRun, folder: str) -> list[Any]:
        entries: list[Any] = []
        token = ""
        while len(entries) <= MOST_ARTEFACTS:
            query = {"run_id": run.id} | ({"path": folder} if folder else {}) | ({"page_token": token} if token else {})
            answer = self.client.get("artifacts/list", **query)
            entries += answer.get("files", ())
            if not (token := answer.get("next_page_token", "")):
                break
        return entries

    def _digested(self, run: FoundRun, path: str, size: int, most: int) -> Artefact:
        if size > most:
            return Artefact(path, size, "", f"larger than {most} bytes, not read")
        try:
            read, digest = self.client.artefact_digest(run.id, path, most)
        except NotFound:
            return Artefact(path, size, "", "listed, and not there")
        return Artefact(path, read, digest, "" if digest else f"larger than {most} bytes, not read")

    def _experiments(self, wanted: str | None) -> list[tuple[str, str]]:
        if wanted is not None:
            found = self.client.get("experiments/get-by-name", experiment_name=wanted)["experiment"]
            return [(str(found["experiment_id"]), str(found["name"]))]
        body = {"max_results": 1000, "view_type": "ACTIVE_ONLY"}
        found = [e for p in self._paged("experiments/search", body) for e in p.get("experiments", ())]
        if wrong := [e for e in found if not {"experiment_id", "name"} <= e.keys()]:
            raise ConnectorError(f"An experiment is told in an unknown form: {str(wrong[0])[:80]}.")
        return sorted((str(e["experiment_id"]), str(e["name"])) for e in found)

    def _paged(self, call: str, body: dict[str, Any]) -> Iterator[Any]:
        token = ""
        while True:
            answer = self.client.search(call, body | ({"page_token": token} if token else {}))
            yield answer
            if not (token := answer.get("next_page_token", "")):
                return
