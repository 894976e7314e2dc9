"""Statistics on numpy alone, importing nothing of ninefold: bounds, bootstrap, histograms, drift, sequential test."""
