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
  `
  CREATE TABLE api_keys (
    -- What stands in front of the secret: enough to find the row, and to name the key in a log.
    prefix TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    -- SHA-256 of the whole key, in hexadecimal. Never the key: of 256 random bits a slow hash protects no better.
    hash TEXT NOT NULL,
    created INTEGER NOT NULL,
    -- To the minute.
    last_used INTEGER
  ) WITHOUT ROWID;

  -- What was answered to a request that carried an Idempotency-Key, for those who send it again.
  CREATE TABLE api_answers (
    api_key TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- SHA-256 of method, path and body, in hexadecimal.
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    -- JSON.
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (api_key, idempotency_key)
  ) WITHOUT ROWID;
  CREATE INDEX api_answers_created ON api_answers (created);
  `,
];
