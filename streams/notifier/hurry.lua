-- Everything that waits for its next try is due now: the endpoint is back.
--
-- KEYS: what the names of the endpoint's keys begin with. ARGV: now.
local due = KEYS[1] .. 'due'
for _, customer in ipairs(redis.call('ZRANGEBYSCORE', due, '(' .. ARGV[1], '+inf')) do
  redis.call('ZADD', due, ARGV[1], customer)
end
