"""The default sheet: a judgement, not a law. A project that judges otherwise writes prioritisation.yaml."""

from ninefold.vocabulary.ranking import Sheet, SheetCriterion

SHEET = "prioritisation#sheet"

DEFAULT = Sheet(
    criteria={
        "benefit": SheetCriterion(0.40),
        "feasibility": SheetCriterion(0.25),
        "urgency": SheetCriterion(0.20),
        "risk": SheetCriterion(0.15, "cost"),
    },
    gates={"ai_needed": True, "prohibited_practice": False, "owner_named": True},
)
