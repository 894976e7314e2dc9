"""The steps of validation: measure, judge, examine, and have a named person decide."""

from ninefold.development.validation.approval import ApprovalStep
from ninefold.development.validation.conformal import ConformalStep
from ninefold.development.validation.faults import FaultsStep
from ninefold.development.validation.importance import ImportanceStep
from ninefold.development.validation.leakage import LeakageStep
from ninefold.development.validation.measuring import MeasurementStep, VerdictStep
from ninefold.development.validation.reliability import ReliabilityStep
from ninefold.development.validation.slices import SlicesStep
from ninefold.kernel.steps import Step

STEPS: tuple[Step, ...] = (
    MeasurementStep(), VerdictStep(), LeakageStep(), ReliabilityStep(), SlicesStep(), FaultsStep(), ImportanceStep(),
    ConformalStep(), ApprovalStep(),
)  # fmt: skip
