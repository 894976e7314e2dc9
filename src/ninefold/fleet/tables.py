"""The tables of the fleet's own file: devices, invitations, lanes and what waits to be sealed into segments."""

VERSION = 2
APPLICATION = 0x39666C74  # "9flt": tells it from any other SQLite file

_DEVICE = """CREATE TABLE device (name TEXT PRIMARY KEY, credential TEXT NOT NULL UNIQUE, enrolled INTEGER NOT NULL,
  seen INTEGER NOT NULL, revoked INTEGER NOT NULL) WITHOUT ROWID"""
_INVITATION = """CREATE TABLE invitation (token TEXT PRIMARY KEY, device TEXT NOT NULL, expires INTEGER NOT NULL)
  WITHOUT ROWID"""
_LANE = """CREATE TABLE lane (origin TEXT NOT NULL, name TEXT NOT NULL, device TEXT NOT NULL,
  sequence INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (origin, name)) WITHOUT ROWID"""
_ENTRY = """CREATE TABLE entry (n INTEGER PRIMARY KEY, origin TEXT NOT NULL, lane TEXT NOT NULL,
  sequence INTEGER NOT NULL, until INTEGER NOT NULL, last INTEGER NOT NULL, received INTEGER NOT NULL,
  bytes INTEGER NOT NULL, data BLOB NOT NULL)"""  # `last` is by the source's clock, `received` by the centre's
_WAITING = """CREATE TABLE waiting (device TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL,
  oldest_s REAL NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID"""
_INDEXES = (
    "CREATE UNIQUE INDEX entry_lane ON entry (origin, lane, sequence)",
    "CREATE INDEX entry_last ON entry (lane, last)",
)
TABLES = (_DEVICE, _INVITATION, _LANE, _ENTRY, _WAITING, *_INDEXES)
