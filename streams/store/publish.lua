-- Publishes a model version, only if it follows the one that is there.
-- KEYS[1]: the model's hash. ARGV: the version it was learned from, its own version, the sealed learner, the sealed models.
if tonumber(redis.call('HGET', KEYS[1], 'version') or 0) ~= tonumber(ARGV[1]) then
    return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'learner', ARGV[3], 'serving', ARGV[4])
return 1
