-- Loads what a step of a partition needs, in one call.
-- KEYS[1]: the partition's hash. KEYS[2]: its timers. KEYS[3...]: the customers' hashes. ARGV[1]: the time up to which
-- timers have come. ARGV[2]: the most of them to return.
-- Returns position and time of the partition, the customers due, and then doc and rev of each customer, flattened.
local standing = redis.call('HMGET', KEYS[1], 'position', 'time')
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
local found = {standing[1], standing[2], due}
for i = 3, #KEYS do
    local fields = redis.call('HMGET', KEYS[i], 'doc', 'rev')
    found[2 * i - 2] = fields[1]
    found[2 * i - 1] = fields[2]
end
return found
