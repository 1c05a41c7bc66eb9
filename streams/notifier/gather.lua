-- Claim all that waits for one message, the oldest first, if it is time for one; nobody else sends one meanwhile.
--
-- KEYS: what the names of the endpoint's keys begin with.
-- ARGV: now, when the claim lapses, how many, seconds between messages.
-- Returns the claims as claim.lua does, how many alerts wait and how many are dead.
local base, now, told = KEYS[1], tonumber(ARGV[1]), KEYS[1] .. 'told'
local function gathered(claims)
  return {claims, redis.call('ZCARD', base .. 'waiting'), redis.call('LLEN', base .. 'dead')}
end
local due = tonumber(redis.call('HGET', told, 'digest'))
local ids = redis.call('ZRANGE', base .. 'waiting', 0, tonumber(ARGV[3]) - 1)
if not due or (due <= now and #ids == 0) then
  redis.call('HSET', told, 'digest', string.format('%.6f', now + tonumber(ARGV[4])))
  return gathered({})
end
if due > now then
  return gathered({})
end
redis.call('HSET', told, 'digest', ARGV[2])
local claims = {}
for i, id in ipairs(ids) do
  local content = redis.call('HGET', base .. 'content', id)
  claims[i] = {cjson.decode(content).alert.customer, id, content, '0', redis.call('ZSCORE', base .. 'waiting', id)}
end
return gathered(claims)
