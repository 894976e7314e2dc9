"""The parts of the validation page: bounds, findings, and what people sign, each as blocks of a page."""
