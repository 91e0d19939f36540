-- A ledger as version 1 of its schema left it: one applied proposal, its claim settled.
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);
CREATE TABLE runs (
  id VARCHAR NOT NULL PRIMARY KEY, workspace_id VARCHAR NOT NULL, intent VARCHAR NOT NULL, state VARCHAR NOT NULL,
  request JSON NOT NULL, progress JSON, "plan" JSON, proposal_id VARCHAR, answer TEXT, problem JSON,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, deadline_at BIGINT NOT NULL
);
CREATE INDEX runs_by_workspace ON runs (workspace_id, created_at);
CREATE INDEX runs_by_state ON runs (state);
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, run_id VARCHAR NOT NULL, workspace_id VARCHAR NOT NULL, n INTEGER NOT NULL,
  type VARCHAR NOT NULL, at BIGINT NOT NULL, data JSON NOT NULL, "key" VARCHAR NOT NULL,
  UNIQUE (run_id, n), UNIQUE (run_id, "key"), FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE INDEX events_by_workspace ON events (workspace_id, seq);
CREATE TRIGGER events_no_UPDATE BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_no_DELETE BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TABLE proposals (
  id VARCHAR NOT NULL PRIMARY KEY, run_id VARCHAR NOT NULL, workspace_id VARCHAR NOT NULL, proposer VARCHAR NOT NULL,
  title TEXT NOT NULL, change_set JSON NOT NULL, diff TEXT NOT NULL, evidence JSON NOT NULL, verdict JSON NOT NULL,
  state VARCHAR NOT NULL, created_at BIGINT NOT NULL, FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE TABLE claims (
  id VARCHAR NOT NULL PRIMARY KEY, proposal_id VARCHAR NOT NULL, run_id VARCHAR NOT NULL, client_id VARCHAR,
  by_daemon BOOLEAN NOT NULL, claim JSON NOT NULL, created_at BIGINT NOT NULL, settled_at BIGINT,
  FOREIGN KEY(proposal_id) REFERENCES proposals (id), FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE INDEX claims_by_proposal ON claims (proposal_id);
CREATE TABLE claim_texts (
  claim_id VARCHAR NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL, before BLOB, after BLOB NOT NULL,
  PRIMARY KEY (claim_id, position), FOREIGN KEY(claim_id) REFERENCES claims (id)
);
INSERT INTO runs VALUES (
  'r0000000000001', 'w1', 'fix', 'applied',
  '{"workspace_id": "w1", "intent": "fix", "target": {"path": null, "range": null, "symbol": null, "tests": []}, "instructions": "from before", "client_id": null, "deadline_s": null}',
  NULL, NULL, 'p0000000000001', NULL, NULL, 1700000000000000, 1700000001000000, 1700000600000000
);
INSERT INTO events VALUES (7, 'r0000000000001', 'w1', 1, 'run.created', 1700000000000000, '{}', 'created');
INSERT INTO proposals VALUES (
  'p0000000000001', 'r0000000000001', 'w1', 'repair', 'b for a',
  '{"files": [{"path": "a.py", "base_sha256": "0000000000000000000000000000000000000000000000000000000000000000", "edits": [{"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}, "new_text": "b"}]}]}',
  'the diff',
  '{"checks": [], "base_sha256": "0000000000000000000000000000000000000000000000000000000000000000", "sandbox": "bubblewrap", "isolation": "namespaces", "interpreter": "python", "verified": true, "unverified_reason": null}',
  '{"decision": "accept", "reasons": []}', 'applied', 1700000000500000
);
INSERT INTO claims VALUES (
  'c0000000000001', 'p0000000000001', 'r0000000000001', 'e1', 0,
  '{"id": "c0000000000001", "proposal_id": "p0000000000001", "run_id": "r0000000000001", "kind": "apply", "change_set": {"files": [{"path": "a.py", "base_sha256": "0000000000000000000000000000000000000000000000000000000000000000", "edits": [{"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}, "new_text": "b"}]}]}, "files": [{"path": "a.py", "before_sha256": null, "after_sha256": null}], "lease_s": 30.0}',
  1700000000600000, 1700000000700000
);
INSERT INTO claim_texts VALUES ('c0000000000001', 0, 'a.py', X'610A', X'620A');
