-- Loads many profiles in one call. KEYS: the customers' hashes. Returns doc, at and rev of each, flattened.
local found = {}
for i = 1, #KEYS do
    local fields = redis.call('HMGET', KEYS[i], 'doc', 'at', 'rev')
    found[#found + 1] = fields[1]
    found[#found + 1] = fields[2]
    found[#found + 1] = fields[3]
end
return found
