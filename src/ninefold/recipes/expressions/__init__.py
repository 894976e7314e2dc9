"""The expressions of `derive` and `filter`: parsed to a tree, evaluated with numpy, rendered as SQL."""
