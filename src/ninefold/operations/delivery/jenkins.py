"""Jenkins: a declarative pipeline. Stages run in one workspace, where the evidence stays from build to build."""

from ninefold.operations.delivery.generated import Options
from ninefold.operations.delivery.jobs import Gate, Pipeline

_ENVIRONMENT = ".ninefold-venv"


def render(pipeline: Pipeline, options: Options) -> str:
    """Return the Jenkinsfile."""
    stages = [
        _stage("install", [f"python3 -m venv {_ENVIRONMENT}", options.install], folder="."),
        _stage("check", ["ninefold check --sarif check.sarif", "ninefold pipeline check"], pipeline.folder),
    ]
    stages += [_stage(s, [j.command for j in pipeline.in_stage(s)], pipeline.folder) for s in pipeline.stages]
    if pipeline.gates:
        gates = "\n".join(_indent(_gate(g, pipeline.folder)) for g in pipeline.gates)
        stages.append(f"stage('gate') {{\n  parallel {{\n{_indent(gates)}\n  }}\n}}")
    review = 'ninefold review --base "origin/$CHANGE_TARGET" --output review.md'
    stages.append(_stage("review", [review], pipeline.folder, when="changeRequest()"))
    reports = [
        _in(pipeline.folder, name) for name in ("check.sarif", "review.md", *(f"{g.id}.md" for g in pipeline.gates))
    ]
    return _PIPELINE.format(
        cron=_text(f"TZ={pipeline.zone}\n{pipeline.cron}"),
        bin=_ENVIRONMENT,
        stages=_indent("\n".join(stages), 2),
        reports=_text(",".join(reports)),
    )


_PIPELINE = """\
pipeline {{
  agent any
  options {{
    disableConcurrentBuilds()
  }}
  triggers {{
    cron({cron})
  }}
  environment {{
    PATH = "${{env.WORKSPACE}}/{bin}/bin:${{env.PATH}}"
  }}
  stages {{
{stages}
  }}
  post {{
    always {{
      archiveArtifacts artifacts: {reports}, allowEmptyArchive: true
    }}
  }}
}}
"""


def _stage(name: str, lines: list[str], folder: str, when: str = "") -> str:
    steps = _indent("\n".join(_inside(folder, [f"sh {_text(line)}" for line in lines])), 2)
    condition = f"  when {{\n    {when}\n  }}\n" if when else ""
    return f"stage({_text(name)}) {{\n{condition}  steps {{\n{steps}\n  }}\n}}"


def _gate(gate: Gate, folder: str) -> str:
    steps = _indent("\n".join(_inside(folder, [f"sh {_text(gate.command())}"])), 2)
    junit = f"junit testResults: {_text(_in(folder, gate.id + '.xml'))}, allowEmptyResults: true"
    post = f"  post {{\n    always {{\n      {junit}\n    }}\n  }}"
    return f"stage({_text(gate.id)}) {{\n  steps {{\n{steps}\n  }}\n{post}\n}}"


def _inside(folder: str, steps: list[str]) -> list[str]:
    return steps if folder == "." else [f"dir({_text(folder)}) {{", *(f"  {s}" for s in steps), "}"]


def _in(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _text(value: str) -> str:
    """Return a Groovy string in single quotes, in which nothing is replaced."""
    for plain, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return f"'{value}'"


def _indent(text: str, levels: int = 1) -> str:
    return "\n".join("  " * levels + line if line else line for line in text.split("\n"))
