"""The tables of the SQLite store. A change of meaning raises VERSION; stores of released versions open in a test."""

VERSION = 1
APPLICATION = 0x396F6C64  # "9old": tells a ninefold store from any other SQLite file

TABLES = """
CREATE TABLE body (content TEXT PRIMARY KEY, kind TEXT NOT NULL, data BLOB, erased TEXT) WITHOUT ROWID;
CREATE TABLE record (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL, kind TEXT NOT NULL,
  key TEXT NOT NULL, time INTEGER NOT NULL, head BLOB NOT NULL);
CREATE INDEX record_key ON record (key, n) WHERE key <> '';
CREATE INDEX record_content ON record (content);
CREATE INDEX record_kind ON record (kind, n);
CREATE TABLE edge (child INTEGER NOT NULL, role TEXT NOT NULL, parent INTEGER NOT NULL, PRIMARY KEY (child, role))
  WITHOUT ROWID;
CREATE INDEX edge_parent ON edge (parent, child);
CREATE TABLE current (key TEXT PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (name TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (name, record)) WITHOUT ROWID;
CREATE INDEX seen_record ON seen (record);
CREATE TABLE reference (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE reported (target TEXT PRIMARY KEY, sequence INTEGER NOT NULL, record INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE event (origin TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL, payload TEXT NOT NULL,
  hash TEXT NOT NULL, PRIMARY KEY (origin, sequence)) WITHOUT ROWID;
CREATE INDEX event_payload ON event (payload);
CREATE TABLE origin (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE head (origin TEXT NOT NULL, witness TEXT NOT NULL, sequence INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (origin, witness)) WITHOUT ROWID;
CREATE TABLE lease (key TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE person (key TEXT PRIMARY KEY, name TEXT NOT NULL, contact TEXT NOT NULL, public_key TEXT NOT NULL,
  roles TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

# Added to any store that lacks them: they change no meaning. A damaged head is for verification to find, so it must be
# possible to write and to index it.
HEAD_FIELD = "iif(json_valid(CAST(head AS TEXT)), json_extract(CAST(head AS TEXT), '$.{field}'), '')"
INDEXES = {f"record_{f}": f"ON record ({HEAD_FIELD.format(field=f)})" for f in ("step", "actor")}
