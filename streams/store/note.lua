-- Notes something with an alert that is kept: a hash of one that was removed meanwhile would never be found again.
-- KEYS[1]: the alert's hash. ARGV: the field, what to write, and what stands there as loaded, or nothing.
-- Returns whether it was written.
local held = redis.call('HMGET', KEYS[1], 'opened', ARGV[1])
if not held[1] or (held[2] or '') ~= ARGV[3] then
    return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
