-- Put dead letters into the queue again, each if it is a dead letter still.
--
-- KEYS: what the names of the endpoint's keys begin with.
-- ARGV: now, then of each: the letter, id, customer, content.
-- Returns how many.
local base, now, revived = KEYS[1], ARGV[1], 0
for i = 2, #ARGV, 4 do
  local id, customer = ARGV[i + 1], ARGV[i + 2]
  if redis.call('LREM', base .. 'dead', -1, ARGV[i]) == 1 and redis.call('HEXISTS', base .. 'content', id) == 0 then
    redis.call('HSET', base .. 'content', id, ARGV[i + 3])
    redis.call('ZADD', base .. 'waiting', now, id)
    redis.call('RPUSH', base .. 'line:' .. customer, id)
    if not redis.call('ZSCORE', base .. 'claimed', customer) then
      redis.call('ZADD', base .. 'due', 'NX', now, customer)
    end
    revived = revived + 1
  end
end
return revived
