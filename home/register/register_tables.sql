-- One row a run, a failed step, a day, a snapshot, a file, a delivery, a request, whatever each table is of.
-- A register may lack what later versions added, and is given it when it is opened.
-- sqlfluff:dialect:sqlite
create table if not exists runs (
    run_id text primary key, first_day text not null, last_day text not null, as_of text not null,
    started_at text not null, finished_at text, exit_code integer, message text, counts text not null default '{}'
) strict;
create table if not exists failed_steps (run_id text, step text, primary key (run_id, step)) strict;
create table if not exists covered_days (source text, day text, is_ingested integer, primary key (source, day)) strict;
create table if not exists accepted_empty_days (source text, day text, primary key (source, day)) strict;
create table if not exists snapshots (name text primary key, delivered_rows integer) strict;
create table if not exists dropped_by_week (
    source text, week text, records integer, persons integer, delivered integer, is_whole integer,
    primary key (source, week)
) strict;
create table if not exists home_facts (name text primary key, fact text not null) strict;
create table if not exists known_files (
    path text primary key, digest text, next_digest text, is_changing integer not null default 0
) strict;
create table if not exists seals (name text primary key, digest integer not null) strict;
create table if not exists delivered_days (
    source text, day text, records integer not null, primary key (source, day)
) strict;
create table if not exists accepted_deliveries (
    source text, name text, digest text, why text not null, accepted_at text not null,
    primary key (source, name, digest)
) strict;
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
