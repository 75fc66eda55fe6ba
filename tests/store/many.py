"""A desk of 100,000 tickets on PostgreSQL, made by a few statements of sets in the time that a few tests take."""

TICKETS = 100_000
PEOPLE = 5020  # one admin, 19 agents, requesters with 20 tickets each
LONG = 90_000  # the number of the ticket that has the longest thread
LONGEST = 1000  # messages of it
UNDONE = 5600  # tickets that are new, open or pending, or a few less
LONGS = 4242  # the requester of the long one and of the one after it
COMMON, RARE, NOBODYS = "please", "zebra", "unheard"  # words in every second ticket, in a hundred, in none

# Everything that is chosen is chosen by a ticket's number: the same desk each time, and the same plans.
CHANCE = """
    CREATE FUNCTION pg_temp.chance(number integer, of_what integer, most integer) RETURNS integer
    LANGUAGE sql IMMUTABLE AS 'SELECT abs(hashint4(number # (of_what << 24)) % most)'
"""
WHO = f"""
    INSERT INTO person (id, email, name, role, created)
    SELECT n, 'p' || n || '@pult.example', 'Person ' || n,
        CASE WHEN n = 1 THEN 'admin' WHEN n <= 20 THEN 'agent' ELSE 'requester' END, 0
    FROM generate_series(1, {PEOPLE}) n
"""
# Nearly all are done; of the newest twentieth most are not. One in ten has a day on which it is due.
OPENED = f"""
    INSERT INTO ticket (id, subject, status, priority, requester_id, assignee_id, due, due_state, version,
        created, updated, updated_public, deleted)
    SELECT n, 'Subject ' || n, status, least(pg_temp.chance(n, 2, 20) / 6, 3),
        CASE WHEN n IN ({LONG}, {LONG} + 1) THEN {LONGS} ELSE 21 + pg_temp.chance(n, 3, {PEOPLE - 20}) END,
        CASE WHEN pg_temp.chance(n, 4, 10) > 0 THEN 2 + pg_temp.chance(n, 5, 19) END, due,
        CASE WHEN status IN ('solved', 'closed') OR due IS NULL OR due > '2026-06-15' THEN ''
            WHEN due = '2026-06-15' THEN 'today' ELSE 'overdue' END,
        1, n * 1000000::bigint, n * 1000000::bigint + pg_temp.chance(n, 7, 2000000000),
        n * 1000000::bigint + pg_temp.chance(n, 7, 1000000000), pg_temp.chance(n, 8, 200) = 0
    FROM (
        SELECT n, CASE WHEN pg_temp.chance(n, 6, 10) = 0
            THEN to_char(date '2026-06-15' + (n - 98000) / 100, 'YYYY-MM-DD') END AS due,
            CASE WHEN n <= {TICKETS * 19 // 20} THEN
                CASE WHEN pg_temp.chance(n, 1, 60) = 0 THEN 'pending' WHEN n % 2 = 0 THEN 'solved' ELSE 'closed' END
            ELSE ('{{new,open,open,pending,solved}}'::text[])[1 + pg_temp.chance(n, 1, 5)] END AS status
        FROM generate_series(1, {TICKETS}) n
    ) each
"""
TAGGED = f"""
    INSERT INTO tag (ticket_id, name)
    SELECT n, 'tag' || least(pg_temp.chance(n, 9, 100) * pg_temp.chance(n, 10, 100) / 100, 60)
    FROM generate_series(1, {TICKETS}) n WHERE pg_temp.chance(n, 11, 3) > 0
"""
# Of each ticket three events: it was opened, somebody answered, it was changed.
HAPPENED = f"""
    INSERT INTO event (id, kind, at, actor_id, ticket_id, comment_id, public, data)
    SELECT e, ('{{ticket_updated,ticket_created,comment_added}}'::text[])[1 + e % 3], e * 300000::bigint,
        2 + e % 19, (e + 2) / 3, CASE WHEN e % 3 > 0 THEN (e + 2) / 3 * 2 - 2 + e % 3 END, e % 5 > 0,
        '{{"fields":{{"status":"open","priority":"normal","requester":21,"assignee":null,"tags":[],"due_state":""}},"version":1,"changes":{{"status":["new","open"]}}}}'
    FROM generate_series(1, {3 * TICKETS}) e
"""
SAID = f"""
    INSERT INTO comment (id, ticket_id, author_id, kind, body, html, renderer, event_id, created)
    SELECT c, (c + 1) / 2, 2 + c % 19, CASE WHEN c % 2 = 1 OR c % 5 > 0 THEN 'reply' ELSE 'note' END,
        'Words of message ' || c || ' please', '<p>Words of message ' || c || ' please', 1,
        (c + 1) / 2 * 3 - 1 - c % 2, c * 500000::bigint
    FROM generate_series(1, {2 * TICKETS}) c
"""
LONG_SAID = f"""
    WITH happened AS (
        INSERT INTO event (id, kind, at, actor_id, ticket_id, comment_id, public, data)
        SELECT {3 * TICKETS} + n, 'comment_added', {3 * TICKETS} * 300000::bigint + n, 2, {LONG}, {2 * TICKETS} + n,
            TRUE, data FROM generate_series(1, {LONGEST}) n, (SELECT data FROM event WHERE id = 1) one
    )
    INSERT INTO comment (id, ticket_id, author_id, kind, body, html, renderer, event_id, created)
    SELECT {2 * TICKETS} + n, {LONG}, 2, CASE WHEN n % 3 > 0 THEN 'reply' ELSE 'note' END, 'On and on', '<p>On and on',
        1, {3 * TICKETS} + n, {3 * TICKETS} * 300000::bigint + n FROM generate_series(1, {LONGEST}) n
"""
FOUND = f"""
    INSERT INTO search (ticket_id, words)
    SELECT id, (concat('ᵖ', requester_id, ':1D ', id, ':2A subject:3A word', id % 5000, ':5B',
        CASE WHEN id % 2 = 0 THEN ' {COMMON}:6B' END, CASE WHEN id % 1000 = 7 THEN ' {RARE}:7B' END))::tsvector
    FROM ticket
"""
COUNTED = (
    f"UPDATE journal SET position = {3 * TICKETS + LONGEST}",
    "UPDATE clock SET day = '2026-06-15'",
    *(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))" for table in ("person", "ticket", "comment")),
)
UNCHECKED = "SET session_replication_role = replica"  # what refers to what is right as it is made
ANALYSED = "SET default_statistics_target = 1000; ANALYZE"  # every row, so that the plans are the same each time
SQL = ";\n".join(
    (UNCHECKED, CHANCE, WHO, OPENED, TAGGED, HAPPENED, SAID, LONG_SAID, FOUND, *COUNTED, ANALYSED)  # in one transaction
)
