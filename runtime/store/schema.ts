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
  `
  -- Calls that are over, as their records say; one row each.
  CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    -- The CallSid that web applications know it by.
    sid TEXT NOT NULL,
    direction TEXT NOT NULL,
    from_uri TEXT NOT NULL,
    from_user TEXT NOT NULL,
    to_uri TEXT NOT NULL,
    dialled TEXT NOT NULL,
    trunk TEXT,
    user TEXT,
    flow TEXT,
    started INTEGER NOT NULL,
    answered INTEGER,
    ended INTEGER NOT NULL,
    -- Milliseconds.
    duration INTEGER NOT NULL,
    talked INTEGER NOT NULL,
    status TEXT NOT NULL,
    cause TEXT NOT NULL,
    -- The whole of it, JSON.
    record TEXT NOT NULL
  );
  CREATE INDEX calls_started ON calls (started, id);
  CREATE INDEX calls_sid ON calls (sid);
  CREATE INDEX calls_from ON calls (from_user, started);
  CREATE INDEX calls_dialled ON calls (dialled, started);
  CREATE INDEX calls_flow ON calls (flow, started);

  -- Calls in progress: what is left here when a server starts was lost with the one before.
  CREATE TABLE open_calls (
    id TEXT NOT NULL PRIMARY KEY,
    -- JSON.
    info TEXT NOT NULL,
    flow TEXT,
    version TEXT,
    rang INTEGER,
    answered INTEGER
  ) WITHOUT ROWID;

  CREATE TABLE recordings (
    id TEXT NOT NULL PRIMARY KEY,
    sid TEXT NOT NULL,
    call TEXT NOT NULL,
    path TEXT NOT NULL,
    -- Milliseconds of sound.
    duration INTEGER NOT NULL,
    format TEXT,
    channels TEXT,
    -- Bytes.
    size INTEGER,
    created INTEGER NOT NULL,
    deleted INTEGER
  );
  CREATE INDEX recordings_created ON recordings (created, id);
  CREATE INDEX recordings_call ON recordings (call);
  CREATE INDEX recordings_sid ON recordings (sid);

  -- What is told outside, in order. The newest row is never deleted: the next number follows from it.
  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY,
    call TEXT NOT NULL,
    type TEXT NOT NULL,
    time INTEGER NOT NULL,
    -- JSON, as it is sent.
    body TEXT NOT NULL
  );
  CREATE INDEX outbox_call ON outbox (call, sequence);
  CREATE INDEX outbox_time ON outbox (time);

  -- What a subscriber is still to get.
  CREATE TABLE deliveries (
    subscriber TEXT NOT NULL,
    call TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    -- When it is sent, or sent again; null while one before it, of the same call, is not delivered.
    next INTEGER,
    -- Of the first attempt.
    first INTEGER,
    error TEXT,
    PRIMARY KEY (subscriber, call, sequence)
  ) WITHOUT ROWID;
  CREATE INDEX deliveries_due ON deliveries (subscriber, next) WHERE next IS NOT NULL;

  -- What a subscriber did not get.
  CREATE TABLE dead_letters (
    sequence INTEGER NOT NULL,
    subscriber TEXT NOT NULL,
    call TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    died INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (sequence, subscriber)
  ) WITHOUT ROWID;
  `,
  `
  -- What has come of the calls in each queue, since it was used first. Durations are milliseconds.
  CREATE TABLE queues (
    name TEXT NOT NULL PRIMARY KEY,
    since INTEGER NOT NULL,
    entered INTEGER NOT NULL DEFAULT 0,
    bridged INTEGER NOT NULL DEFAULT 0,
    -- Of those that were bridged: within the service level of that time.
    in_time INTEGER NOT NULL DEFAULT 0,
    left INTEGER NOT NULL DEFAULT 0,
    hung_up INTEGER NOT NULL DEFAULT 0,
    timed_out INTEGER NOT NULL DEFAULT 0,
    -- Were not let in.
    full INTEGER NOT NULL DEFAULT 0,
    -- Of those that were bridged, together.
    waited INTEGER NOT NULL DEFAULT 0,
    talked INTEGER NOT NULL DEFAULT 0,
    -- Of anybody.
    longest INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  `,
];
