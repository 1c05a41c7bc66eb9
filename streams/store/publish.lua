-- Publishes a model version, only if it follows the one that is there, or is the one that is there: a repeat is no error.
-- KEYS: the model's hash, and the hash of its history.
-- ARGV: the version it follows, its own version, the sealed learner, the sealed models, the card, and how many versions
-- the history holds at the most, this one among them; 0 if this one is not kept.
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
if version ~= tonumber(ARGV[1]) then
    return (version == tonumber(ARGV[2]) and redis.call('HGET', KEYS[1], 'learner') == ARGV[3]) and 1 or 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'learner', ARGV[3], 'serving', ARGV[4], 'card', ARGV[5])
local most = tonumber(ARGV[6])
if most > 0 then
    local own = ':' .. ARGV[2]
    redis.call('HSET', KEYS[2], 'learner' .. own, ARGV[3], 'serving' .. own, ARGV[4], 'card' .. own, ARGV[5])
    local kept = {}
    for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
        kept[#kept + 1] = tonumber(string.match(name, '^card:(%d+)$'))
    end
    table.sort(kept)
    for place = 1, #kept - most do
        local old = ':' .. string.format('%d', kept[place])
        redis.call('HDEL', KEYS[2], 'learner' .. old, 'serving' .. old, 'card' .. old)
    end
end
return 1
