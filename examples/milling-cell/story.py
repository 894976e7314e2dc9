"""What the nine steps of the demo do, and what each must leave behind to count as done."""

import json
import re
import secrets
import socket
from datetime import datetime
from typing import Any

from demo import Demo, StepFailed, free_port

MODEL = "tool-failure"
ENGINEER = "Erika Beispiel"
GATEWAYS = {"gateway-1": ("m1", "m2", "m3", "m4"), "gateway-2": ("m5", "m6", "m7", "m8")}


def need(condition: object, message: str) -> None:
    """Fail the step when a condition does not hold."""
    if not condition:
        raise StepFailed(message)


def begin(demo: Demo) -> None:
    """Make the plant: a history of 180 days, and a live controller that goes on where it ends."""
    print("0 The plant: eight machines, simulated; the project's time is the plant's, at a factor of 60")
    demo.ninefold("simulate history")
    port = free_port()
    cell = demo.root / "connections" / "cell.yaml"
    cell.write_text(cell.read_text().replace("127.0.0.1:4840", f"127.0.0.1:{port}"))
    demo.ninefold("simulate trust --client .ninefold/pki")
    for name in GATEWAYS:
        demo.ninefold(f"simulate trust --client gateways/{name}/pki --known-as {name}")
    demo.start("cell", f"simulate serve --port {port} --factor 60")
    demo.notes["controller"] = str(port)


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
    found = demo.body("ranking")
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
    demo.wait("the cell's controller", 60, lambda: listens(int(demo.notes["controller"])))
    demo.ninefold("run label-need:* availability:*")
    demo.ninefold("availability UC-tool-failure")
    demo.ninefold("availability UC-cabinet-heat")
    found = demo.body("availability:UC-tool-failure")
    bad = [f"{n['signal']} is {n['verdict']}: {n['reason']}" for n in found["needs"] if n["verdict"] != "available"]
    need(not bad, "; ".join(bad))
    heat = demo.body("availability:UC-cabinet-heat")
    others = ", ".join(f"{n['signal']} is {n['verdict']}" for n in heat["needs"] if n["verdict"] != "available")
    need("missing" in others, "the signal without a connector is not called missing")
    return f"all {len(found['needs'])} needs of UC-tool-failure are available; of UC-cabinet-heat {others}"


def data(demo: Demo) -> str:
    """Step 4."""
    demo.ninefold("run features:* labels:* profile:* parity:*")
    features = demo.body("features:part-features")
    labels = demo.body("labels:part-features")
    parity = demo.body("parity:part-features")
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
    point = demo.body(f"operating-point:{MODEL}")
    need(point.get("satisfied"), point["reason"])
    return f"{point['candidate']} at {point['threshold']:.3f}, chosen out of fold: {point['probability']:.0%} to pass"


def validation(demo: Demo) -> str:
    """Step 6."""
    demo.ninefold(f"run verdict:{MODEL}/* bundle:{MODEL}")
    demo.ninefold(f"gate {MODEL}", codes=(5,))
    recall = demo.body(f"verdict:{MODEL}/REQ-tool-failure-warning/recall")
    short = [s for s in recall["slices"] if s["outcome"] == "insufficient"]
    need(any(s["where"] == {"variant": "H"} for s in short), "the slice H is not insufficient")
    demo.ninefold("key new")
    (demo.root / "keys").mkdir(exist_ok=True)
    demo.ninefold("key public --output keys/engineer.pub")
    demo.ninefold('people add "Erika Beispiel" --role approver --role process-engineer --key keys/engineer.pub')
    demo.ninefold(f'sign {MODEL} --reason "The test quarter shows what the sentence asks for."')
    demo.ninefold(f"gate {MODEL}")
    estimate = recall["overall"]["estimate"]
    slices = "; ".join(f"{s['where']['variant']}: {s['reason']}" for s in short if s["where"] == {"variant": "H"})
    return f"recall {estimate['value']:.3f}, lower bound {estimate['bound']:.3f}: pass, signed; {slices}"


def deployment(demo: Demo) -> str:
    """Step 7."""
    port = free_port()
    demo.ninefold("simulate factor 1600")
    demo.ninefold("run rollout:*")
    demo.ninefold("deploy cell-gateways")
    demo.start("fleet", f"fleet serve --port {port}")
    for name, assets in GATEWAYS.items():
        (demo.root / "gateways" / name / "agent.toml").write_text(agent_toml(name, port, assets))
    demo.wait("the fleet's service", 20, lambda: listens(port))
    for name in GATEWAYS:
        token = demo.ninefold(f"fleet invite {name}").strip().splitlines()[-1]
        demo.ninefold(f"edge enrol gateways/{name}/agent.toml", stdin=token + "\n")
        demo.start(name, f"edge run gateways/{name}/agent.toml")
    seen = promote(demo)
    demo.ninefold("fleet list")
    demo.ninefold("fleet decisions --limit 3")
    states = demo.states("rollout:*")
    need(set(states.values()) == {"fresh"}, f"the rollout is {states}")
    passed = " -> ".join(s for s in ("self-test", "shadow", "canary", "waits", "active") if s in seen["gateway-1"])
    return f"two gateways: {passed}; recall pending, taken over by a named person"


def workbench(demo: Demo) -> str:
    """Open the workbench on the project as the nine steps left it, and return how to come in.

    Somebody looks from now on: the cell makes a minute in a second, and no longer half an hour.
    """
    demo.ninefold("simulate factor 60")
    port, password = free_port(), secrets.token_urlsafe(12)
    key = demo.environment["NINEFOLD_KEY"]
    demo.ninefold(f'accounts add "{ENGINEER}" --role administrator --key {key} --password-stdin', stdin=password)
    demo.start("workbench", f"serve --port {port}")
    demo.wait("the workbench", 30, lambda: listens(port))
    link = demo.ninefold(f'accounts link "{ENGINEER}"').strip()
    return (
        f"The workbench is open. Log in once at http://127.0.0.1:{port}{link}\n"
        f"To sign there, or to come again: {ENGINEER}, password {password}"
    )


def all_in(demo: Demo, stage: str, seen: dict[str, set[str]]) -> bool:
    """Return whether every gateway reports a stage now, and note the stages that they report."""
    reported: Any = demo.devices()
    for name, had in seen.items():
        now = str(reported.get(name, {}).get("stage", ""))
        need(now not in {"rolled-back", "refused", "stopped"}, f"{name} is {now}: {reported[name].get('reason')}")
        if now and now not in had:
            print(f"    {name}: {now}", flush=True)
            had.add(now)
    return all(reported.get(name, {}).get("stage") == stage for name in seen)


def listens(port: int) -> bool:
    """Return whether something listens on a port of loopback."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def lifecycle(demo: Demo) -> str:
    """Step 8."""
    demo.ninefold(f"gate {MODEL}")
    requirement = demo.root / "requirements" / "REQ-tool-failure-warning.md"
    text = requirement.read_text()
    before = demo.states()
    stricter = text.replace("value: 0.70", "value: 0.72")
    need(stricter != text, "the threshold was not found in the file")
    requirement.write_text(stricter)
    try:
        demo.ninefold("status")
        after = demo.states()
        demo.ninefold(f"gate {MODEL}", codes=(4,))
    finally:
        requirement.write_text(text)
    moved = sorted(n for n in after if after[n] != before.get(n))
    kinds = {n.partition(":")[0] for n in moved}
    untouched = {"dataset", "features", "labels", "profile", "parity", "candidates", "lint", "ranking"}
    need(not kinds & untouched, f"a threshold touched {kinds & untouched}")
    need({"operating-point", "verdict", "approval", "bundle", "rollout"} <= kinds, f"a threshold touched only {kinds}")
    need(demo.states() == before, "a revert was not fresh at once")
    demo.ninefold(f"gate {MODEL}")
    demo.ninefold(f"trace bundle:{MODEL}")
    return f"0.72 instead of 0.70 touched {len(moved)} tasks ({', '.join(sorted(kinds))}); the revert is fresh at once"


def monitoring(demo: Demo) -> str:
    """Step 9: two things happen in the same hour, and are told apart."""
    demo.ninefold("monitors")
    said = demo.ninefold("simulate fault heat_dissipation --asset m3")
    demo.ninefold("simulate fault new_variant")
    heat = heat_fault(demo, said)
    variant = new_variant(demo)
    return f"{heat}; {variant}"


def heat_fault(demo: Demo, said: str) -> str:
    """The cabinet of m3 warms up: drift, a work order, no retraining, and the baseline resumes after the repair."""
    begun = datetime.fromisoformat(re.findall(r"since (\S+Z)", said)[-1]).timestamp()
    demo.wait("drift at m3", 150, lambda: drift_of(demo, "input-drift", "m3"))
    demo.ninefold("alarms")
    alarm: Any = drift_of(demo, "input-drift", "m3")
    order = demo.ninefold(
        f"alarm triage {alarm['id']} process-fault --by '{ENGINEER}' --reason 'The fan of the cabinet stands still.'"
    )
    need(list((demo.root / "work-orders").glob("WO-*.md")), "no work order was written")
    need(not json.loads(demo.silent("proposals --json")), "a fault led to a retraining")
    demo.ninefold("simulate repair heat_dissipation --asset m3")
    demo.ninefold(f"repaired m3 --by '{ENGINEER}'")
    demo.wait("the baseline of m3", 60, lambda: not drift_of(demo, "input-drift", "m3"))
    signals = ", ".join(f"{s['feature']} {s['direction']}" for s in alarm["signals"])
    hours = (alarm["raised"] / 1e6 - begun) / 3600
    return f"m3 drifts after {hours:.1f} h ({signals}), {order.split()[0]}, repaired"


def new_variant(demo: Demo) -> str:
    """A new product arrives: new normal, a proposal, labels that mature, the same gate, a signature, a promotion."""
    demo.wait("the new product", 150, lambda: drift_of(demo, "products"))
    demo.ninefold("alarms")
    alarm: Any = drift_of(demo, "products")
    demo.ninefold(f"alarm triage {alarm['id']} new-normal --by '{ENGINEER}' --reason 'Product K is made from now on.'")
    demo.ninefold('simulate jump "4 weeks"')
    demo.ninefold("run --again dataset:cell-history dataset:maintenance-log")
    demo.ninefold("proposals")
    [proposal] = json.loads(demo.silent("proposals --json"))
    demo.ninefold(f"proposal accept {proposal['id'][:12]} --by '{ENGINEER}' --reason 'Four weeks of K are there.'")
    old = str(demo.body(f"bundle:{MODEL}")["payload"])
    demo.ninefold("simulate factor 60")
    demo.ninefold(f"run verdict:{MODEL}/* bundle:{MODEL}")
    demo.ninefold(f"gate {MODEL}", codes=(5,))
    new = str(demo.body(f"bundle:{MODEL}")["payload"])
    need(new != old, "the retrained model is the old one")
    need(all(demo.devices()[g].get("active") == old for g in GATEWAYS), "something was promoted without a signature")
    demo.ninefold(f"sign {MODEL} --reason 'It passes the same gate with product K in it.'")
    demo.ninefold("run rollout:*")
    demo.ninefold("deploy cell-gateways")
    demo.ninefold("simulate factor 1600")
    promote(demo)
    need(all(demo.devices()[g].get("active") == new for g in GATEWAYS), "the new bundle is not active")
    decision = re.findall(r"\b[0-9a-f]{20}\b", demo.ninefold("fleet decisions --limit 1"))[0]
    back = demo.ninefold(f"trace {decision}")
    need("the system shall warn of a tool failure" in back, "the decision does not lead back to the sentence")
    on = demo.ninefold("trace REQ-tool-failure-warning --down")
    missing = [word for word in ("verdict:", "reported@1", "alarm-episode@1") if word not in on]
    need(not missing, f"the sentence does not lead to {', '.join(missing)}")
    return f"product K is new normal, retrained, signed and active as bundle {new[:12]}"


def promote(demo: Demo) -> dict[str, set[str]]:
    """Wait for the evidence of both gateways, and take over what it cannot show yet."""
    seen: dict[str, set[str]] = {name: set() for name in GATEWAYS}
    demo.wait("a canary with its evidence", 150, lambda: all_in(demo, "waits", seen))
    for name in GATEWAYS:
        criteria: Any = demo.devices()[name]["criteria"]
        short = " ".join(c["criterion"] for c in criteria if c["outcome"] == "insufficient")
        reason = "Labels come with time; the rule beside the model stays watched until they are there."
        demo.ninefold(f'accept edge:{name} {short} --until 2027-03-31 --reason "{reason}"')
    demo.wait("both gateways active", 120, lambda: all_in(demo, "active", seen))
    return seen


def drift_of(demo: Demo, criterion: str, asset: str = "") -> Any:
    """Return the open alarm of a drift criterion, of one asset or any; None when there is none."""
    found = json.loads(demo.silent("alarms --json"))
    cause = f"drift:REQ-tool-failure-warning/{criterion}"
    return next((e for e in found if e["cause"] == cause and asset in {"", e["asset"]}), None)


def agent_toml(name: str, port: int, assets: tuple[str, ...]) -> str:
    """Return the configuration of an agent."""
    return (
        f'device = "{name}"\ncentre = "http://127.0.0.1:{port}"\nconnection = "../../connections/cell.yaml"\n'
        f'trusted = "../../keys"\nassets = {json.dumps(list(assets))}\nclock = "../../data/clock.json"\n'
    )


BEGIN, END = begin, workbench
STEPS = [
    ("requirements", requirements),
    ("prioritisation", ranking),
    ("data availability", availability),
    ("data engineering", data),
    ("model engineering", modelling),
    ("testing and validation", validation),
    ("deployment", deployment),
    ("pipelines", lifecycle),
    ("monitoring", monitoring),
]
