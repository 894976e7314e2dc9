"""Generated files, each read by the schema, model or parser of its own system, also when names are wicked."""

import ast
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tree_sitter
import tree_sitter_groovy
import yaml
from hypothesis import given, settings
from tests.operations.delivery.plans import one_model
from tests.operations.delivery.test_shell import NAMES, WICKED

from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import Conflict, InvalidInput
from ninefold.operations.delivery.generated import PLACES, Options, generate, header_of, state_of, write
from ninefold.operations.delivery.jobs import Pipeline

GROOVY = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
MODELS = (NAMES | WICKED).filter(lambda n: n.isprintable() and "/" not in n)


def vendored(name: str) -> Any:
    """Return a schema of SchemaStore, as check-jsonschema ships it."""
    text = files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{name}.json").read_text()
    return jsonschema.Draft7Validator(json.loads(text))


GITHUB, GITLAB = vendored("github-workflows"), vendored("gitlab-ci")


def commands_of(pipeline: Pipeline) -> list[str]:
    """Return the command line of every job and gate."""
    return [*(j.command for j in pipeline.jobs), *(g.command() for g in pipeline.gates)]


def github(text: str) -> dict[str, Any]:
    """Return a workflow that its schema takes."""
    found = yaml.safe_load(text)
    GITHUB.validate(found)
    return dict(found)


def gitlab(text: str) -> dict[str, Any]:
    """Return a configuration that its schema takes."""
    found = yaml.safe_load(text)
    GITLAB.validate(found)
    return dict(found)


def argo_tasks(text: str) -> list[Any]:
    """Return the tasks of a template that Argo's own model takes whole: nothing in it is unknown to the model."""
    from hera.workflows import models as argo  # a second of every worker's collection

    template, cron = yaml.safe_load_all(text)
    for found, kind in ((template, argo.WorkflowTemplate), (cron, argo.CronWorkflow)):
        read = kind.model_validate(found)
        assert read.model_dump(exclude_none=True, by_alias=True, mode="json") == found
    return list(argo.WorkflowTemplate.model_validate(template).spec.templates[0].dag.tasks)


def table(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the jobs of a generated Python file, read without running it."""
    tree = ast.parse(text)
    [found] = [n for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "JOBS"]
    return dict(ast.literal_eval(found.value))


def groovy_strings(text: str) -> list[str]:
    """Return the arguments of `sh` in a Jenkinsfile, as Groovy reads them; the whole must parse."""
    tree = GROOVY.parse(text.encode())
    assert not tree.root_node.has_error, tree.root_node
    quoted = re.findall(r"\bsh '((?:[^'\\\n]|\\.)*)'", text)
    return [re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], q) for q in quoted]


@pytest.mark.job("delivery/github", against="real", what="the schema of workflows, in check-jsonschema")
def test_github_takes_the_workflow() -> None:
    """A job a stage, one after the other; a gate a model; a review; the nightly time in its zone."""
    found = github(generate("github", one_model(), Options()))
    needs = {name: job.get("needs", []) for name, job in found["jobs"].items()}
    assert needs == {
        "check": [], "design": ["check"], "data": ["design"], "model": ["data"], "validate": ["model"],
        "gate-tool-failure": ["validate"], "review": ["gate-tool-failure"],
    }  # fmt: skip
    assert found["on"]["schedule"] == [{"cron": "0 2 * * *", "timezone": "Europe/Berlin"}]
    data = [step.get("run") for step in found["jobs"]["data"]["steps"]]
    assert data[-3:-1] == ["ninefold --quiet run dataset:cell", "ninefold --quiet run features:parts"]


def test_no_artefact_holds_keys() -> None:
    """The folder of the evidence has private keys beside it; only the store and the blobs travel."""
    for text in (generate("github", one_model(), Options()), generate("gitlab", one_model(), Options())):
        paths = set(re.findall(r"^\s+(?:- )?(\.ninefold\S*)$", text, re.MULTILINE))
        assert {p.rstrip("/") for p in paths} == {".ninefold/store.db", ".ninefold/blobs"}


@pytest.mark.job("delivery/gitlab", against="real", what="the schema of GitLab CI, in check-jsonschema")
def test_gitlab_takes_the_configuration() -> None:
    """Stages in order; the gate's JUnit is shown at the merge request."""
    found = gitlab(generate("gitlab", one_model(), Options()))
    assert found["stages"] == ["check", "design", "data", "model", "validate", "gate", "review"]
    assert found["gate-tool-failure"]["artifacts"]["reports"] == {"junit": "gate-tool-failure.xml"}


@pytest.mark.job("delivery/jenkins", against="fake", what="a Groovy parser; no Jenkins")
def test_jenkins_stages() -> None:
    """The Jenkinsfile is Groovy; its stages are those of the graph. Jenkins itself was not asked."""
    text = generate("jenkins", one_model(), Options())
    assert set(commands_of(one_model())) <= set(groovy_strings(text))
    stages = ["install", "check", "design", "data", "model", "validate", "gate", "gate-tool-failure", "review"]
    assert re.findall(r"stage\('([^']*)'\)", text) == stages
    assert "cron('TZ=Europe/Berlin\\n0 2 * * *')" in text


@pytest.mark.job("delivery/argo", against="real", what="Hera's models of Argo Workflows")
def test_argo_takes_the_templates() -> None:
    """A task a job, with the needs of the graph."""
    needs = {t.name: t.dependencies for t in argo_tasks(generate("argo", one_model(), Options()))}
    assert needs["model-tool-failure"] == ["data-parts"]
    assert needs["gate-tool-failure"] == ["validate-tool-failure"]
    assert needs["data-cell"] == ["check"]


@settings(max_examples=25)
@given(MODELS)
def test_a_wicked_name_stays_a_name_everywhere(name: str) -> None:
    """Every system reads back exactly the command lines of the graph, and no expression that it would replace."""
    pipeline = one_model(name)
    expected = set(commands_of(pipeline))
    texts = {t: generate(t, pipeline, Options()) for t in PLACES}
    jobs = github(texts["github"])["jobs"].values()
    assert expected <= {s.get("run") for job in jobs for s in job["steps"]}
    scripts = [j["script"] for j in gitlab(texts["gitlab"]).values() if isinstance(j, dict) and "script" in j]
    assert expected <= {line for script in scripts for line in script}
    assert expected <= set(groovy_strings(texts["jenkins"]))
    tasks = argo_tasks(texts["argo"])
    assert expected <= {t.arguments.parameters[0].value for t in tasks if t.arguments}
    for target in ("airflow", "dagster"):
        assert expected <= {line for line, _ in table(texts[target]).values()}
    known = {"${{ github.", "{{workflow.", "{{inputs."}  # the generators' own
    for text in texts.values():
        assert set(re.findall(r"\$?\{\{ ?\w*\.?", text.split("\n", 2)[2])) <= known
        assert state_of(text, pipeline) == "current"


def test_a_project_below_its_repository() -> None:
    """Commands run in its folder, artefacts are named from the top."""
    pipeline = one_model(folder="lines/cell 1")
    found = github(generate("github", pipeline, Options()))
    assert found["defaults"] == {"run": {"working-directory": "lines/cell 1"}}
    assert found["jobs"]["model"]["steps"][3]["with"]["path"] == "lines/cell 1/.ninefold"
    assert 'cd "lines/cell 1"' in gitlab(generate("gitlab", pipeline, Options()))["default"]["before_script"]
    assert "dir('lines/cell 1') {" in generate("jenkins", pipeline, Options())


@pytest.mark.parametrize("target", PLACES)
def test_what_became_of_a_file_is_told_apart(target: Any) -> None:
    """Current; edited by hand; outdated because the graph changed; made by another version."""
    text = generate(target, one_model(), Options(install="pip install x"))
    assert state_of(text, one_model()) == "current"
    assert state_of(text + "\n", one_model()) == "edited"
    assert state_of(text, one_model("another")) == "outdated"
    assert state_of(text, one_model(cron="0 3 * * *")) == "outdated"
    before = f"{text.split(chr(10), 2)[2]}\n"  # an older generator ended its files with an empty line
    older = text.replace(sha256(before[:-1].encode()), sha256(before.encode())) + "\n"
    assert state_of(older, one_model()) == "made by another version"


@pytest.mark.parametrize(
    "text", ["", "x", "# a\n# b\n", "# a\n# ninefold-pipeline {}\nx", "# a\n# ninefold-pipeline [1\n"]
)
def test_a_file_without_a_header_is_nobodys_but_its_authors(tmp_path: Path, text: str) -> None:
    """It is not called out of date, and never overwritten."""
    assert header_of(text) is None
    with pytest.raises(InvalidInput, match="no header"):
        state_of(text, one_model())
    (tmp_path / "Jenkinsfile").write_text(text)
    with pytest.raises(Conflict, match="was not generated"):
        write(tmp_path / "Jenkinsfile", generate("jenkins", one_model(), Options()))
    assert (tmp_path / "Jenkinsfile").read_text() == text


def test_an_edited_file_is_kept(tmp_path: Path) -> None:
    """An outdated one is replaced, one with a person's edit in it is not."""
    path = tmp_path / "pipelines" / "argo.yaml"
    write(path, generate("argo", one_model("old"), Options()))
    write(path, generate("argo", one_model("new"), Options()))
    path.write_text(path.read_text().replace("Forbid", "Replace"))
    with pytest.raises(Conflict, match="edited by hand"):
        write(path, generate("argo", one_model("new"), Options()))
    assert "Replace" in path.read_text()


@pytest.mark.parametrize(
    "options", [Options(install=""), Options(install="a\nb"), Options(image="x{{y}}"), Options(image="\x1b")]
)
def test_options_that_would_break_the_file_are_refused(options: Options) -> None:
    """Line breaks, templates, nothing at all."""
    with pytest.raises(InvalidInput, match="The option"):
        generate("github", one_model(), options)
