-- Claim the first alerts in the lines of customers who are due: nobody else sends to them until that is settled, or the
-- claim lapses because its owner died.
--
-- KEYS: what the names of the endpoint's keys begin with.
-- ARGV: now, when the claim lapses, how many, and 1 if they need not be due yet.
-- Returns the claims (customer, id, content, tries in vain, since when), when the next is due, how many alerts wait and
-- how many are dead.
local base, now = KEYS[1], ARGV[1]
local due, claimed = base .. 'due', base .. 'claimed'
for _, customer in ipairs(redis.call('ZRANGEBYSCORE', claimed, '-inf', now)) do
  redis.call('ZREM', claimed, customer)
  redis.call('ZADD', due, 'NX', now, customer)
end
local found
if ARGV[4] == '1' then
  found = redis.call('ZRANGE', due, 0, tonumber(ARGV[3]) - 1)
else
  found = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, ARGV[3])
end
local claims = {}
for _, customer in ipairs(found) do
  redis.call('ZREM', due, customer)
  local id = redis.call('LINDEX', base .. 'line:' .. customer, 0)
  if id then
    redis.call('ZADD', claimed, ARGV[2], customer)
    claims[#claims + 1] = {
      customer, id, redis.call('HGET', base .. 'content', id), redis.call('HGET', base .. 'tries', id) or '0',
      redis.call('ZSCORE', base .. 'waiting', id),
    }
  end
end
local next_due = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
return {claims, next_due[2] or '', redis.call('ZCARD', base .. 'waiting'), redis.call('LLEN', base .. 'dead')}
