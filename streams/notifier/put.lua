-- Put alerts into the queue of an endpoint, each once.
--
-- KEYS: what the names of its keys begin with.
-- ARGV: now, how many ids are remembered, then of each alert: id, customer, content, and the id of an alert that must
-- have been put before it ('' for none).
-- Returns how many were new.
local base, now, put = KEYS[1], tonumber(ARGV[1]), 0
local seen = base .. 'seen'
for i = 3, #ARGV, 4 do
  local id, customer, content, after = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if not redis.call('ZSCORE', seen, id) and (after == '' or redis.call('ZSCORE', seen, after)) then
    -- A little later each, to keep their order.
    local at = string.format('%.6f', now + put * 0.000001)
    redis.call('ZADD', seen, at, id)
    redis.call('HSET', base .. 'content', id, content)
    redis.call('ZADD', base .. 'waiting', at, id)
    redis.call('RPUSH', base .. 'line:' .. customer, id)
    if not redis.call('ZSCORE', base .. 'claimed', customer) then
      redis.call('ZADD', base .. 'due', 'NX', at, customer)
    end
    put = put + 1
  end
end
redis.call('ZREMRANGEBYRANK', seen, 0, -1 - tonumber(ARGV[2]))
return put
