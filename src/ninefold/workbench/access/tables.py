"""The tables of `.ninefold/access.db`. Of secrets it holds digests only; of people, opaque keys only."""

APPLICATION = 0x6E396163  # "n9ac"
VERSION = 1

TABLES = (
    """CREATE TABLE account(
        person TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL DEFAULT '',
        language TEXT NOT NULL DEFAULT 'en', zone TEXT NOT NULL DEFAULT 'UTC', theme TEXT NOT NULL DEFAULT 'system',
        salt BLOB NOT NULL DEFAULT x'', pem BLOB NOT NULL DEFAULT x'', made INTEGER NOT NULL) STRICT""",
    """CREATE TABLE session(
        digest TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
        made INTEGER NOT NULL, seen INTEGER NOT NULL, address TEXT NOT NULL) STRICT""",
    "CREATE INDEX session_person ON session(person)",
    """CREATE TABLE link(
        digest TEXT PRIMARY KEY, person TEXT REFERENCES account ON DELETE CASCADE,
        until INTEGER NOT NULL, reset INTEGER NOT NULL) STRICT""",
    """CREATE TABLE token(
        digest TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES account ON DELETE CASCADE, name TEXT NOT NULL,
        scope TEXT NOT NULL, made INTEGER NOT NULL, until INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0,
        UNIQUE (person, name)) STRICT""",
)
