"""The register's tables of requests: who an open one is about, and what stays of one that was answered."""

REQUESTS_SCHEMA = """
create table if not exists requests (
    request_id text primary key, kind text not null, channel text not null, received_on text not null,
    due_on text not null, user_id text, browsers text, note text, acknowledged_at text, identified_at text,
    identified_how text,
    identified_by text, extended_at text, extended_why text, answered_at text, outcome text, answered_by text,
    answered_why text, receipt_digest text, subject_hash text, closed_at text
) strict;
create table if not exists request_steps (
    request_id text, step text, done_at text not null, counts text not null default '{}',
    primary key (request_id, step)
) strict;
"""
