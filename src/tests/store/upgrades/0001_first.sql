-- A database as the first schema had it: a change that was sent, whose answer nobody wrote down, and one that waits.
INSERT INTO users (id, name, folded_name, role, password_hash, is_demo, disabled_at, created_at)
VALUES ('u1', 'operator', 'operator', 'operator', 'a hash', 0, NULL, 1750000000000);
INSERT INTO sessions (id_hash, user_id, created_at, signed_in_at, last_human_at, sudo_until, revoked_at)
VALUES ('s1', 'u1', 1750000000000, 1750000000000, 1750000001000, 1750000600000, NULL);
INSERT INTO drafts (id, user_id, body, created_at) VALUES ('d1', 'u1', 'reason=OPS-1', 1750000000500);
INSERT INTO streams (account, region, name, rev, gone_at, body)
VALUES ('111122223333', 'eu-west-1', 'orders-prod', 1, NULL, '{
        "id": {"account": "111122223333", "region": "eu-west-1", "name": "orders-prod"}, "rev": 1,
        "listed": null, "report": null, "problem": null, "gone_at": null
    }');
INSERT INTO changes (id, rev, user_id, request_id, form_hash, arn, requested_at, sent_at, ended_at, body)
VALUES ('sentbefore000000', 2, 'u1', 'request-2', 'h',
    'arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod', 1750000001000, 1750000001100, NULL, '{
        "id": "sentbefore000000", "rev": 0, "action": "disable",
        "arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod", "stream_created": 1682655200000,
        "key": "alias/orders", "retention_hours": 24, "actor": "operator", "reason": "OPS-1",
        "requested_at": 1750000001000, "armed_until": null, "cancelled": null, "sent_at": 1750000001100,
        "accepted": null, "updating_at": null, "reached_at": null, "steady_since": null, "settled_at": null,
        "outcome_unknown": null, "slow": null, "old_state": {"reads": 0, "since": null, "last_counted": null},
        "contrary": {"reads": 0, "last_counted": null},
        "missing": {"reads": 0, "since": null, "last_counted": null}, "last_read": null, "end": null,
        "reverted": null
    }');
INSERT INTO changes (id, rev, user_id, request_id, form_hash, arn, requested_at, sent_at, ended_at, body)
VALUES ('waitsbefore00000', 3, 'u1', 'request-3', 'h',
    'arn:aws:kinesis:eu-west-1:111122223333:stream/checkout-events', 1750000001000, NULL, NULL, '{
        "id": "waitsbefore00000", "rev": 0, "action": "disable",
        "arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/checkout-events",
        "stream_created": 1679590200000, "key": "alias/payments", "retention_hours": 24, "actor": "operator",
        "reason": "OPS-1", "requested_at": 1750000001000, "armed_until": 1750000900000, "cancelled": null,
        "sent_at": null, "accepted": null, "updating_at": null, "reached_at": null, "steady_since": null,
        "settled_at": null, "outcome_unknown": null, "slow": null,
        "old_state": {"reads": 0, "since": null, "last_counted": null},
        "contrary": {"reads": 0, "last_counted": null},
        "missing": {"reads": 0, "since": null, "last_counted": null}, "last_read": null, "end": null,
        "reverted": null
    }');
UPDATE counters SET value = 3 WHERE name = 'rev';
INSERT INTO audit (seq, prev_hash, hash, at, actor, address, user_agent, action, target, reason, before_state,
    after_state, aws_request_id, result)
VALUES
    (1, '0000000000000000000000000000000000000000000000000000000000000000',
        'e1fe455aad1bc38772eafbe8f62c024c1b7108b74b41ec50a61479fe741d63bf',
        1750000000000, 'operator', '203.0.113.9', 'a browser', 'session.signed-in',
        'operator', '', '', '', '', ''),
    (2, 'e1fe455aad1bc38772eafbe8f62c024c1b7108b74b41ec50a61479fe741d63bf',
        'f74540565e6eccc573fdd5ec32d77db771ca3777590010df669312a8de05a6fc',
        1750000001000, 'operator', '203.0.113.9', 'a browser', 'change.requested',
        'arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod', 'OPS-1', '', '', '', ''),
    (3, 'f74540565e6eccc573fdd5ec32d77db771ca3777590010df669312a8de05a6fc',
        '9e957d06da3b69f039d1f8793698cbbaebef1147d5b393d7a9e9d6cd6e594da4',
        1750000001100, 'keystream', '', '', 'change.sent',
        'arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod', 'OPS-1', '', '', '', '');
