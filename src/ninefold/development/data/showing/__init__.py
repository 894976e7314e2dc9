"""The parts of the pages of recipes and datasets: steps and label in words, the pipeline, the spread of columns."""
