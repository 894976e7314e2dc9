"""Step 4, data engineering: how raw data become features, identically in batch, in stream and on the edge."""
