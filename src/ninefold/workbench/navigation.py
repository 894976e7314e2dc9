"""The places of the sidebar, by phase: (code of its words, path, number of the step)."""

Place = tuple[str, str, str]

ALARMS = "nav-alarms"  # the id of the entry that says how many alarms are open; the stream draws it anew
PLACES: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("", (("begin", "/begin", ""), ("overview", "/", ""), ("live", "/live", ""), ("alarms", "/alarms", ""))),
    ("design", (("requirements", "/requirements", "1"), ("use-cases", "/use-cases", "2"), ("data", "/data", "3"))),
    (
        "development",
        (("recipes", "/data/recipes", "4"), ("models", "/models", "5"), ("validation", "/validation", "6")),
    ),
    (
        "operations",
        (("fleet", "/fleet", "7"), ("pipelines", "/pipelines", "8"), ("monitoring", "/monitoring", "9")),
    ),
    ("evidence", (("trace", "/trace", ""), ("audit", "/audit", ""), ("people", "/people", ""))),
)
