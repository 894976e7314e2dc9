"""The kinds of task: what a label says, and so what a model gives and how it is measured."""

from typing import Literal

TaskKind = Literal["binary", "multiclass", "regression"]
