-- Say what became of the alerts of one message, and when it is time for the next.
--
-- KEYS: what the names of the endpoint's keys begin with.
-- ARGV: now, when the next message is due, what became of them (delivered, dead), the last error as JSON, how many dead
-- letters are kept, then the ids.
-- Returns how many old dead letters were dropped.
local base, now, became, dropped = KEYS[1], ARGV[1], ARGV[3], 0
local content, dead = base .. 'content', base .. 'dead'
for i = 6, #ARGV do
  local id = ARGV[i]
  local said = redis.call('HGET', content, id)
  if said then
    local customer = cjson.decode(said).alert.customer
    if became == 'dead' then
      local letter = string.format('{"id":%s,"error":%s,"at":%s,"content":%s}', cjson.encode(id), ARGV[4], now, said)
      dropped = dropped + math.max(0, redis.call('LPUSH', dead, letter) - tonumber(ARGV[5]))
      redis.call('LTRIM', dead, 0, tonumber(ARGV[5]) - 1)
    end
    redis.call('LREM', base .. 'line:' .. customer, 1, id)
    redis.call('HDEL', content, id)
    redis.call('HDEL', base .. 'tries', id)
    redis.call('ZREM', base .. 'waiting', id)
    if redis.call('LLEN', base .. 'line:' .. customer) == 0 then
      redis.call('ZREM', base .. 'due', customer)
    end
  end
end
redis.call('HSET', base .. 'told', 'digest', ARGV[2])
if became == 'delivered' then
  redis.call('HSET', base .. 'told', 'delivered', now)
end
return dropped
