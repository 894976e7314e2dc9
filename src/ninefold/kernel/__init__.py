"""The evidence kernel: records, store, views and status, project files, people, signing, plugins."""
