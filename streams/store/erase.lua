-- Forgets customers, and remembers that they were erased, in one call; nothing of it when one of them was saved since
-- they were found, for then others may be the same person.
-- KEYS[1]: the set of who was erased. KEYS[2...]: of each customer the profile and the hash of published fields, in turn,
-- and then of each partition its hash and its timers. ARGV: how many customers, the customers, their digests,
-- and the revisions as found, 0 for none. Returns whether they were erased, as 1 or 0.
local count, erased = tonumber(ARGV[1]), {}
for i = 1, count do
    -- A profile begins with its revision, in a line of its own.
    local revision = tonumber(string.match(redis.call('GETRANGE', KEYS[2 * i], 0, 19), '^%d+') or 0)
    if revision ~= tonumber(ARGV[1 + 2 * count + i]) then
        return 0
    end
end
for i = 1, count do
    erased[ARGV[1 + i]] = true
    redis.call('DEL', KEYS[2 * i], KEYS[2 * i + 1])
    redis.call('SADD', KEYS[1], ARGV[1 + count + i])
end
-- A message is {topic, key, JSON, time}; a note also names another key than the one that it is for.
local function is_about_them(message)
    local said = cjson.decode(message[3])
    return erased[message[2]] or erased[said.source] or erased[said.to]
end
for place = 2 * count + 2, #KEYS, 2 do
    local held, kept = redis.call('HGET', KEYS[place], 'messages'), {}
    for _, portion in ipairs(held and {cmsgpack.unpack(held)} or {}) do
        for _, message in ipairs(portion) do
            if not is_about_them(message) then
                kept[#kept + 1] = message
            end
        end
    end
    if #kept > 0 then
        redis.call('HSET', KEYS[place], 'messages', cmsgpack.pack(kept))
    else
        redis.call('HDEL', KEYS[place], 'messages')
    end
    for i = 1, count do
        redis.call('ZREM', KEYS[place + 1], ARGV[1 + i])
    end
end
return 1
