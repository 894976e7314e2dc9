"""The lifecycle in a browser and over REST: pages from each room's surface models, actions that people take."""
