-- Forget customers: what waits for them, and their dead letters.
--
-- KEYS: what the names of the endpoint's keys begin with. ARGV: the customers.
local base, gone = KEYS[1], {}
for _, customer in ipairs(ARGV) do
  gone[customer] = true
  local line = base .. 'line:' .. customer
  for _, id in ipairs(redis.call('LRANGE', line, 0, -1)) do
    redis.call('HDEL', base .. 'content', id)
    redis.call('HDEL', base .. 'tries', id)
    redis.call('ZREM', base .. 'waiting', id)
  end
  redis.call('DEL', line)
  redis.call('ZREM', base .. 'due', customer)
  redis.call('ZREM', base .. 'claimed', customer)
end
for _, letter in ipairs(redis.call('LRANGE', base .. 'dead', 0, -1)) do
  if gone[cjson.decode(letter).content.alert.customer] then
    redis.call('LREM', base .. 'dead', 0, letter)
  end
end
