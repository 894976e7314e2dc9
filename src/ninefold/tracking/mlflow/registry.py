"""Models in MLflow's registry: a version for each model record, and the alias champion on the one that is approved."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ninefold.kernel.errors import ConnectorError, NotFound
from ninefold.tracking.mlflow.client import MlflowClient
from ninefold.tracking.mlflow.mirror import CONTENT, RECORD, STORE, Mirrored

CHAMPION = "champion"
MOST_LISTED = 10_000  # models of a store, or versions of a model
ONNX, BUNDLE, APPROVAL = "ninefold.onnx", "ninefold.bundle", "ninefold.approval"


class OutgoingModel(msgspec.Struct, frozen=True):
    """A model that is to stand in the registry."""

    name: str  # as the registry allows it
    record: str
    content: str
    onnx: str
    approved: bool
    bundle: str = ""  # content, when there is a fresh one
    approval: str = ""  # record


def mirror_models(client: MlflowClient, origin: str, models: Sequence[OutgoingModel], done: Mirrored) -> None:
    """Make each model a version once; the alias is set on what is approved and taken from everything else of ours.

    What was done is added to `done`.

    Raises:
        ConnectorError: the server fails on the way; a repetition goes on.
    """
    for model in models:
        if (run := done.runs.get(model.record)) is None:
            continue
        if not _claimed(client, model, origin):
            why = "a registered model of this name belongs to somebody else"
            done.rows.append((model.name, "refused", why))
            continue
        version = _version(client, model, origin, run, done)
        _alias(client, model, version, done)
    _withdraw(client, origin, {m.name for m in models if m.approved}, done)


def _claimed(client: MlflowClient, model: OutgoingModel, origin: str) -> bool:
    """Create the registered model; return whether it is this store's."""
    try:
        found = client.get("registered-models/get", name=model.name)["registered_model"]
        return _tags(found).get(STORE) == origin
    except NotFound:
        pass
    body = {"name": model.name, "tags": [{"key": STORE, "value": origin}]}
    client.write("registered-models/create", body)
    return True


def _version(client: MlflowClient, model: OutgoingModel, origin: str, run: str, done: Mirrored) -> str:
    """Return the version that stands for a model, made now when there is none; its tags are made to say the truth."""
    wanted = {CONTENT: model.content, ONNX: model.onnx, BUNDLE: model.bundle, APPROVAL: model.approval}
    for found in _versions(client, model.name):
        tags = _tags(found)
        if tags.get(RECORD) != model.record or tags.get(STORE) != origin:
            continue
        wrong = {k: v for k, v in wanted.items() if v and tags.get(k) != v}
        for key, value in wrong.items():
            body = {"name": model.name, "version": str(found["version"]), "key": key, "value": value}
            client.write("model-versions/set-tag", body)
        if altered := sorted({CONTENT, ONNX} & wrong.keys()):
            why = f"{', '.join(altered)} said something else than the record"
            done.rows.append((f"{model.name} {found['version']}", "corrected", why))
        return str(found["version"])
    info = client.get("runs/get", run_id=run)["run"]["info"]
    tags = {k: v for k, v in wanted.items() if v} | {RECORD: model.record, STORE: origin}
    named = [{"key": k, "value": v} for k, v in tags.items()]
    version: dict[str, Any] = {
        "name": model.name,
        "source": f"{info['artifact_uri']}/model",
        "run_id": run,
        "tags": named,
    }
    made = str(client.write("model-versions/create", version)["model_version"]["version"])
    done.rows.append((f"{model.name} {made}", "sent", ""))
    return made


def _alias(client: MlflowClient, model: OutgoingModel, version: str, done: Mirrored) -> None:
    found = client.get("registered-models/get", name=model.name)["registered_model"]
    aliases = {str(a["alias"]): str(a["version"]) for a in found.get("aliases", ())}
    there = aliases.get(CHAMPION)
    if model.approved and there != version:
        client.write("registered-models/alias", {"name": model.name, "alias": CHAMPION, "version": version})
        why = f"it stood on version {there}" if there else "its approval stands"
        done.rows.append((f"{model.name} {version}", CHAMPION, why))


def _withdraw(client: MlflowClient, origin: str, approved: set[str], done: Mirrored) -> None:
    """Take the alias from our models that are not approved: stale, no longer planned, or without a signature."""
    for found in _listed(client, "registered-models/search", "registered_models", f"tags.`{STORE}` = '{origin}'"):
        aliases = {str(a["alias"]): str(a["version"]) for a in found.get("aliases", ())}
        if (version := aliases.get(CHAMPION)) is None or found["name"] in approved:
            continue
        client.write("registered-models/alias", {"name": found["name"], "alias": CHAMPION}, "DELETE")
        done.rows.append((f"{found['name']} {version}", f"no {CHAMPION}", "no approval stands for it"))


def _versions(client: MlflowClient, name: str) -> list[Any]:
    return _listed(client, "model-versions/search", "model_versions", f"name='{name}'")


def _listed(client: MlflowClient, call: str, field: str, where: str) -> list[Any]:
    found: list[Any] = []
    token = ""
    while True:
        query = {"filter": where, "max_results": "200"} | ({"page_token": token} if token else {})
        answer = client.get(call, **query)
        found += answer.get(field, ())
        if len(found) > MOST_LISTED:
            raise ConnectorError(f"{client.host} lists more than {MOST_LISTED} for {where}.")
        if not (token := answer.get("next_page_token", "")):
            return found


def _tags(found: Any) -> dict[str, str]:
    return {str(t["key"]): str(t.get("value", "")) for t in found.get("tags", ())}
