"""The routes of the pages and of what people do on them; what a page says comes from the rooms' `pages.py`."""
