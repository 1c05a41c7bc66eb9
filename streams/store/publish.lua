-- Publishes a model version, only if it follows the one that is there, or is the one that is there: a repeat is no error.
-- KEYS[1]: the model's hash. ARGV: the version it follows, its own version, the sealed learner, the sealed models.
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
if version ~= tonumber(ARGV[1]) then
    return (version == tonumber(ARGV[2]) and redis.call('HGET', KEYS[1], 'learner') == ARGV[3]) and 1 or 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'learner', ARGV[3], 'serving', ARGV[4])
return 1
