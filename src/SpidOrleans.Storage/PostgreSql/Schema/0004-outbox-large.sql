-- Where an emitter's plain reading of the oldest rows must stop and weigh them. Hardly any event is that large, so the index is
-- nearly empty; position + 0 keeps every other query from walking it, and the one query from walking the primary key.
CREATE INDEX outbox_large ON outbox (shard, (position + 0)) WHERE octet_length(payload) > 4000;
