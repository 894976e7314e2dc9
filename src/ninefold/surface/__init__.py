"""Page, table and figure models that steps return and surfaces render; no web framework and no terminal here."""
