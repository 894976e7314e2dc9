"""The steps of validation: measure, judge, and have a named person decide."""

from ninefold.development.validation.approval import ApprovalStep
from ninefold.development.validation.measuring import MeasurementStep, VerdictStep
from ninefold.kernel.steps import Step

STEPS: tuple[Step, ...] = (MeasurementStep(), VerdictStep(), ApprovalStep())
