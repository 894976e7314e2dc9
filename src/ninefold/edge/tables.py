"""The tables of an agent's database: three chained lanes, and what the agent must know after a restart."""

VERSION = 1
APPLICATION = 0x39656467  # "9edg": tells an agent's database from any other SQLite file

_LANE = """CREATE TABLE lane (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL, hash TEXT NOT NULL,
  acknowledged INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID"""
_ENTRY = """CREATE TABLE entry (n INTEGER PRIMARY KEY, lane TEXT NOT NULL, sequence INTEGER NOT NULL,
  until INTEGER NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL, hash TEXT NOT NULL, samples INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL, queued INTEGER NOT NULL, bytes INTEGER NOT NULL,
  payload BLOB)"""
# The size of a lane is kept, not summed: a long outage must not make each commit slower.
_IN = """CREATE TRIGGER entry_in AFTER INSERT ON entry BEGIN
  UPDATE lane SET bytes = bytes + new.bytes WHERE name = new.lane; END"""
_OUT = """CREATE TRIGGER entry_out AFTER DELETE ON entry BEGIN
  UPDATE lane SET bytes = bytes - old.bytes WHERE name = old.lane; END"""
TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    _LANE,
    _ENTRY,
    "CREATE UNIQUE INDEX entry_lane ON entry (lane, sequence)",
    _IN,
    _OUT,
    "CREATE TABLE checkpoint (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)
