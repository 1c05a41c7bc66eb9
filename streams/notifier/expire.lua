-- Bury alerts that have waited too long, also in the middle of a line; those under way are left to their owners.
--
-- KEYS: what the names of the endpoint's keys begin with.
-- ARGV: since when is too long, now, the error as JSON, how many dead letters are kept, how many to bury at most.
-- Returns how many were buried, and how many old dead letters were dropped for them.
local base, buried, dropped = KEYS[1], 0, 0
local content, dead = base .. 'content', base .. 'dead'
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'waiting', '-inf', ARGV[1], 'LIMIT', 0, ARGV[5])) do
  local said = redis.call('HGET', content, id)
  local customer = cjson.decode(said).alert.customer
  if not redis.call('ZSCORE', base .. 'claimed', customer) then
    local line = base .. 'line:' .. customer
    local letter = string.format('{"id":%s,"error":%s,"at":%s,"content":%s}', cjson.encode(id), ARGV[3], ARGV[2], said)
    dropped = dropped + math.max(0, redis.call('LPUSH', dead, letter) - tonumber(ARGV[4]))
    redis.call('LTRIM', dead, 0, tonumber(ARGV[4]) - 1)
    redis.call('LREM', line, 1, id)
    redis.call('HDEL', content, id)
    redis.call('HDEL', base .. 'tries', id)
    redis.call('ZREM', base .. 'waiting', id)
    if redis.call('LLEN', line) == 0 then
      redis.call('ZREM', base .. 'due', customer)
    end
    buried = buried + 1
  end
end
return {buried, dropped}
