/**
 * What leads from each version of the database to the next, the first from an empty file. What has been
 * released is never changed, only followed by another.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE users (
    realm TEXT NOT NULL,
    username TEXT NOT NULL,
    display_name TEXT,
    -- JSON: digests by algorithm. Never the password.
    secret TEXT NOT NULL,
    -- Milliseconds since the epoch, as all times here.
    created INTEGER NOT NULL,
    PRIMARY KEY (realm, username)
  ) WITHOUT ROWID;

  -- Other names of a user: extensions, numbers.
  CREATE TABLE aliases (
    realm TEXT NOT NULL,
    alias TEXT NOT NULL,
    username TEXT NOT NULL,
    PRIMARY KEY (realm, alias)
  ) WITHOUT ROWID;

  -- One row: goes up with each change to the two above, so that a server sees that it must read them again.
  CREATE TABLE user_changes (count INTEGER NOT NULL);
  INSERT INTO user_changes VALUES (0);

  CREATE TABLE bindings (
    aor TEXT NOT NULL,
    -- The contact, or the instance and its flow (RFC 5626 §6).
    key TEXT NOT NULL,
    contact TEXT NOT NULL,
    q REAL NOT NULL,
    expires_at INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    call_id TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    user_agent TEXT,
    -- JSON, where there is any.
    path TEXT,
    instance_id TEXT,
    reg_id INTEGER,
    params TEXT,
    flow TEXT,
    protocol TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    PRIMARY KEY (aor, key)
  ) WITHOUT ROWID;
  `,
];
