"""The validation report of a model: what was examined, as tables, figures, a page of HTML and a PDF."""
