-- Saves what came of a step of a partition, in one call; nothing of it when the partition has moved meanwhile, and of a
-- profile nothing when somebody else saved it since it was loaded, nor of a new one when anybody was erased since: it
-- may be theirs.
-- KEYS[1]: the partition's hash. KEYS[2]: its timers. KEYS[3]: who was erased. KEYS[4...]: of each customer the profile
-- and the hash of published fields, in turn. ARGV[1], as MessagePack: {the name of the last step as loaded, the position
-- and the time after this step, its name, the timers as {customer, time, ...} with 0 for none, the names of the published
-- fields, for each customer: the revisions as loaded, the profiles, what they publish, the messages; how many were erased
-- as loaded; whether what was saved before is still to be said; and if somebody asked the budget, its revision as loaded
-- and the budget}. Its key is the last one then.
-- Returns 0 and the name of the last step, or 1 and the places (from 1) of the customers that were not saved, or 2 and
-- the budget, which somebody else has asked meanwhile.
local step = cmsgpack.unpack(ARGV[1])
local name, timers, names = step[4], step[5], step[6]
local revisions, profiles, published, messages = step[7], step[8], step[9], step[10]
-- A profile begins with its revision, in a line of its own, and so does the budget.
local function revision(key)
    return tonumber(string.match(redis.call('GETRANGE', key, 0, 19), '^%d+') or 0)
end
local none_erased = redis.call('SCARD', KEYS[3]) == step[11]
local function is_as_loaded(i)
    return revision(KEYS[2 * i + 2]) == revisions[i] and (revisions[i] > 0 or none_erased)
end
local last = redis.call('HGET', KEYS[1], 'step') or ''
if last ~= step[1] then
    return {0, last}
end
if #step > 12 then
    local budget = KEYS[#KEYS]
    if revision(budget) ~= step[13] then
        return {2, redis.call('GET', budget)}
    end
    -- What is spent on somebody is saved together with them, or not at all.
    for i = 1, #profiles do
        if not is_as_loaded(i) then
            return {0, last}
        end
    end
    redis.call('SET', budget, step[14])
end
for i = 1, #timers, 2 do
    if timers[i + 1] == '0' then
        redis.call('ZREM', KEYS[2], timers[i])
    else
        redis.call('ZADD', KEYS[2], timers[i + 1], timers[i])
    end
end
local conflicts, said = {}, {}
for i = 1, #profiles do
    if is_as_loaded(i) then
        redis.call('SET', KEYS[2 * i + 2], profiles[i])
        local fields, values = {}, published[i]
        for place = 1, #names do
            fields[2 * place - 1] = names[place]
            -- In 14 digits, which a time in milliseconds has.
            fields[2 * place] = values[place] and tostring(values[place]) or ''
        end
        -- A key that has moved publishes nothing. (Lua does not know the length of a table with gaps.)
        if next(published[i]) ~= nil then
            redis.call('HSET', KEYS[2 * i + 3], unpack(fields))
        else
            redis.call('DEL', KEYS[2 * i + 3])
        end
        for _, message in ipairs(messages[i]) do
            said[#said + 1] = message
        end
    else
        conflicts[#conflicts + 1] = i
    end
end
redis.call('HSET', KEYS[1], 'step', name)
-- What each portion of a step has to say is appended to what those before it have.
local unsaid = step[12] and redis.call('HGET', KEYS[1], 'messages') or ''
if #said > 0 then
    redis.call('HSET', KEYS[1], 'messages', unsaid .. cmsgpack.pack(said))
elseif unsaid == '' then
    redis.call('HDEL', KEYS[1], 'messages')
end
-- The position follows the last customer, so that those in conflict are done again even after a crash.
if #conflicts == 0 then
    redis.call('HSET', KEYS[1], 'position', step[2], 'time', step[3])
end
return {1, conflicts}
