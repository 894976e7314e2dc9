"""The public kit for authors of plug-ins and for our own tests; nothing in the product imports it."""
