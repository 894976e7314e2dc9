"""Step 5, model engineering: a race under a CPU budget, an operating point under criteria, ONNX behind a parity gate.

The public functions live in `race`, `split`, `operating_point`, `parity` and `report`; nothing is imported here, so
that a worker process starts in a third of a second of CPU.
"""
