-- Loads what a step of a partition needs, in one call.
-- KEYS[1]: the partition's hash. KEYS[2]: its timers. KEYS[3]: who was erased. KEYS[4...]: the profiles.
-- ARGV[1]: the time up to which timers have come. ARGV[2]: the most of them to return. ARGV[3]: the last step whose
-- messages are known to be published.
-- Returns position, time and last step of the partition, the messages of that step unless they are published, the
-- customers due, how many were ever erased, and then the profiles.
if redis.call('HGET', KEYS[1], 'step') == ARGV[3] then
    redis.call('HDEL', KEYS[1], 'messages')
end
local standing = redis.call('HMGET', KEYS[1], 'position', 'time', 'step', 'messages')
if standing[4] then
    -- As one list, which it is not if a step was saved in portions.
    local unsaid = {}
    for _, portion in ipairs({cmsgpack.unpack(standing[4])}) do
        for _, message in ipairs(portion) do
            unsaid[#unsaid + 1] = message
        end
    end
    standing[4] = cmsgpack.pack(unsaid)
end
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
local found = {standing[1], standing[2], standing[3], standing[4], due, redis.call('SCARD', KEYS[3])}
-- As many at once as Lua can hand over.
for first = 4, #KEYS, 1000 do
    local profiles = redis.call('MGET', unpack(KEYS, first, math.min(first + 999, #KEYS)))
    for i = 1, #profiles do
        found[first + i + 2] = profiles[i]
    end
end
return found
