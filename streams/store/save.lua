-- Saves many profiles in one call, each only if nobody saved it since it was loaded.
-- KEYS: the customers' hashes. ARGV: how many fields a customer has, their names, then for each customer the revision
-- it was loaded at and the fields' values. Returns the positions (from 1) of those that had changed meanwhile.
local width = tonumber(ARGV[1])
local conflicts = {}
for i = 1, #KEYS do
    local first = 2 + width + (i - 1) * (width + 1)
    local expected = tonumber(ARGV[first])
    if tonumber(redis.call('HGET', KEYS[i], 'rev') or 0) == expected then
        local fields = {}
        for j = 1, width do
            fields[2 * j - 1] = ARGV[1 + j]
            fields[2 * j] = ARGV[first + j]
        end
        redis.call('HSET', KEYS[i], 'rev', expected + 1, unpack(fields))
    else
        conflicts[#conflicts + 1] = i
    end
end
return conflicts
