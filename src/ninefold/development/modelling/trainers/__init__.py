"""The built-in trainers, one a file; they come through the entry points `ninefold.trainers` like anybody's."""
