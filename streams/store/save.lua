-- Saves what came of a step of a partition, in one call; nothing of it when the partition has moved meanwhile, and of a
-- customer's hash nothing when somebody else saved it since it was loaded.
-- KEYS[1]: the partition's hash. KEYS[2]: its timers. KEYS[3...]: the customers' hashes. ARGV[1], as MessagePack:
-- {the position loaded, the new one, the new time, the timers as {customer, time, ...} with 0 for none, the names of the
-- published fields, the customers' revisions as loaded, their docs, what they publish}.
-- Returns 0 and the position and time found there, or 1 and the places (from 1) of the customers that were not saved.
local step = cmsgpack.unpack(ARGV[1])
local names = step[5]
local standing = redis.call('HMGET', KEYS[1], 'position', 'time')
if (standing[1] or '') ~= step[1] then
    return {0, standing[1], standing[2]}
end
local timers = step[4]
for i = 1, #timers, 2 do
    if timers[i + 1] == '0' then
        redis.call('ZREM', KEYS[2], timers[i])
    else
        redis.call('ZADD', KEYS[2], timers[i + 1], timers[i])
    end
end
local conflicts = {}
for i = 1, #KEYS - 2 do
    local key, revision = KEYS[i + 2], step[6][i]
    if tonumber(redis.call('HGET', key, 'rev') or 0) == revision then
        local fields, values = {'rev', revision + 1, 'doc', step[7][i]}, step[8][i]
        for place = 1, #names do
            fields[2 * place + 3] = names[place]
            -- In 14 digits, which a time in milliseconds has.
            fields[2 * place + 4] = values[place] and tostring(values[place]) or ''
        end
        redis.call('HSET', key, unpack(fields))
    else
        conflicts[#conflicts + 1] = i
    end
end
-- The position follows the last customer, so that those in conflict are done again even after a crash.
if #conflicts == 0 then
    redis.call('HSET', KEYS[1], 'position', step[2], 'time', step[3])
end
return {1, conflicts}
