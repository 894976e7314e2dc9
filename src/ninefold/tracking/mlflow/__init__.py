"""MLflow: runs come in as records, records go out as a mirror. REST over stdlib HTTP; nothing is unpickled."""
