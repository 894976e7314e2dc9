"""What the nine steps of the demo do, and what each must leave behind to count as done."""

import json
from typing import Any

from demo import Demo, StepFailed, free_port

MODEL = "tool-failure"
GATEWAYS = {"gateway-1": ("m1", "m2", "m3", "m4"), "gateway-2": ("m5", "m6", "m7", "m8")}


def need(condition: object, message: str) -> None:
    """Fail the step when a condition does not hold."""
    if not condition:
        raise StepFailed(message)


def begin(demo: Demo) -> None:
    """Make the plant: a history of 180 days, and a live controller that goes on where it ends."""
    print("0 The plant: eight machines, simulated; the project's time is the plant's, at a factor of 600")
    demo.ninefold("simulate history")
    port = free_port()
    cell = demo.root / "connections" / "cell.yaml"
    cell.write_text(cell.read_text().replace("127.0.0.1:4840", f"127.0.0.1:{port}"))
    demo.ninefold("simulate trust --client .ninefold/pki")
    for name in GATEWAYS:
        demo.ninefold(f"simulate trust --client gateways/{name}/pki --name {name}")
    demo.start("cell", f"simulate serve --port {port} --factor 600")


def requirements(demo: Demo) -> str:
    """Step 1."""
    demo.ninefold("check")
    demo.ninefold("run lint:* coverage")
    demo.ninefold("requirements lint")
    demo.ninefold("requirements coverage")
    found = demo.body("lint:REQ-tool-failure-warning")
    need(found.get("pattern"), "the sentence of REQ-tool-failure-warning fits no pattern")
    need(not found.get("findings"), f"lint findings: {found.get('findings')}")
    return f"three requirements read; REQ-tool-failure-warning follows the pattern {found['pattern']}"


def ranking(demo: Demo) -> str:
    """Step 2."""
    demo.ninefold("run ranking")
    demo.ninefold("ranking")
    found: Any = demo.body("ranking")
    first = found["places"][0]["use_case"]
    excluded = [e["use_case"] for e in found["excluded"]]
    need(first == "UC-tool-failure", f"{first} comes first")
    need("UC-part-count" in excluded, "UC-part-count, where a rule would do, was not excluded by its gate")
    unknown = found["unknowns"][0]
    return (
        f"{first} stays first in {found['stays_first']:.0%} of the weightings; {', '.join(excluded)} is out; the answer"
        f" that would change most: {unknown['criterion']} of {unknown['use_case']}"
    )


def availability(demo: Demo) -> str:
    """Step 3."""
    demo.ninefold("run label-need:* availability:*")
    demo.ninefold("availability UC-tool-failure")
    demo.ninefold("availability UC-cabinet-heat")
    found: Any = demo.body("availability:UC-tool-failure")
    bad = [f"{n['signal']} is {n['verdict']}: {n['reason']}" for n in found["needs"] if n["verdict"] != "available"]
    need(not bad, "; ".join(bad))
    heat: Any = demo.body("availability:UC-cabinet-heat")
    others = ", ".join(f"{n['signal']} is {n['verdict']}" for n in heat["needs"] if n["verdict"] != "available")
    need("missing" in others, "the signal without a connector is not called missing")
    return f"all {len(found['needs'])} needs of UC-tool-failure are available; of UC-cabinet-heat {others}"


def data(demo: Demo) -> str:
    """Step 4."""
    demo.ninefold("run features:* labels:* profile:* parity:*")
    features: Any = demo.body("features:part-features")
    labels: Any = demo.body("labels:part-features")
    parity: Any = demo.body("parity:part-features")
    need(parity.get("equal"), "batch, stream and DuckDB do not agree")
    return (
        f"{features['rows']:,} parts, {labels['announced']} of {labels['events']} failures have a labelled part;"
        f" batch = stream = DuckDB on {parity['rows_in']:,} samples"
    )


def modelling(demo: Demo) -> str:
    """Step 5."""
    demo.ninefold(f"run model:{MODEL}")
    demo.ninefold(f"candidates {MODEL}")
    demo.ninefold(f"model {MODEL}")
    point: Any = demo.body(f"operating-point:{MODEL}")
    need(point.get("satisfied"), point["reason"])
    return f"{point['candidate']} at {point['threshold']:.3f}, chosen out of fold: {point['probability']:.0%} to pass"


def validation(demo: Demo) -> str:
    """Step 6."""
    demo.ninefold(f"run verdict:{MODEL}/* bundle:{MODEL}")
    demo.ninefold(f"gate {MODEL}", codes=(5,))
    recall: Any = demo.body(f"verdict:{MODEL}/REQ-tool-failure-warning/recall")
    short = [s for s in recall["slices"] if s["outcome"] == "insufficient"]
    need(any(s["where"] == {"variant": "H"} for s in short), "the slice H is not insufficient")
    demo.ninefold("key new")
    demo.ninefold('people add "Erika Beispiel" --role approver --role process-engineer')
    demo.ninefold(f'sign {MODEL} --reason "The test quarter shows what the sentence asks for."')
    demo.ninefold(f"gate {MODEL}")
    estimate = recall["overall"]["estimate"]
    slices = "; ".join(f"{s['where']['variant']}: {s['reason']}" for s in short if s["where"] == {"variant": "H"})
    return f"recall {estimate['value']:.3f}, lower bound {estimate['bound']:.3f}: pass, signed; {slices}"


def deployment(demo: Demo) -> str:
    """Step 7."""
    port = free_port()
    demo.ninefold("run rollout:*", codes=(0, 1))
    demo.ninefold("deploy cell-gateways")
    demo.start("fleet", f"fleet serve --port {port}")
    demo.ninefold("key public --write .demo-key.pub") if False else None
    for name, assets in GATEWAYS.items():
        folder = demo.root / "gateways" / name
        (folder / "agent.toml").write_text(agent_toml(name, port, assets))
        token = demo.ninefold(f"fleet invite {name}").strip().splitlines()[-1]
        demo.ninefold(f"edge enrol gateways/{name}/agent.toml", stdin=token + "\n")
        demo.start(name, f"edge run gateways/{name}/agent.toml")
    return "deployed"


def agent_toml(name: str, port: int, assets: tuple[str, ...]) -> str:
    """Return the configuration of an agent."""
    return (
        f'device = "{name}"\ncentre = "http://127.0.0.1:{port}"\nconnection = "../../connections/cell.yaml"\n'
        f'trusted = "../../keys"\nassets = {json.dumps(list(assets))}\nclock = "../../data/clock.json"\n'
    )


BEGIN = begin
STEPS = [
    ("requirements", requirements),
    ("prioritisation", ranking),
    ("data availability", availability),
    ("data engineering", data),
    ("model engineering", modelling),
    ("testing and validation", validation),
]
