"""The parts of the model page: the race with its leaderboard, and the threshold with what it does."""
