-- Say what became of a claim.
--
-- KEYS: what the names of the endpoint's keys begin with.
-- ARGV: customer, id, what became of it (delivered, again, dead, released), now, when it is due again, the last error
-- as JSON, and how many dead letters are kept.
-- Returns how many dead letters were dropped to make room, or -1 if the claim had lapsed and somebody else has it now.
local base, customer, id, became, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local line, content, tries = base .. 'line:' .. customer, base .. 'content', base .. 'tries'
if redis.call('LINDEX', line, 0) ~= id or redis.call('ZREM', base .. 'claimed', customer) == 0 then
  return -1
end
if became == 'again' or became == 'released' then
  if became == 'again' then
    redis.call('HINCRBY', tries, id, 1)
  end
  redis.call('ZADD', base .. 'due', ARGV[5], customer)
  return 0
end
local dropped = 0
if became == 'dead' then
  local letter = string.format('{"id":%s,"error":%s,"at":%s,"content":%s}', cjson.encode(id), ARGV[6],
    now, redis.call('HGET', content, id))
  dropped = math.max(0, redis.call('LPUSH', base .. 'dead', letter) - tonumber(ARGV[7]))
  redis.call('LTRIM', base .. 'dead', 0, tonumber(ARGV[7]) - 1)
else
  redis.call('HSET', base .. 'told', 'delivered', now)
end
redis.call('LPOP', line)
redis.call('HDEL', content, id)
redis.call('HDEL', tries, id)
redis.call('ZREM', base .. 'waiting', id)
if redis.call('LLEN', line) > 0 then
  redis.call('ZADD', base .. 'due', now, customer)
end
return dropped
