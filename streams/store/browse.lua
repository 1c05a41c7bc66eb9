-- Customers behind a place in an order of the roster, the largest first, in one look: nobody can move past it meanwhile.
-- KEYS[1]: the rows, a hash. KEYS[2]: the order, a sorted set. ARGV[1]: how many. ARGV[2] and ARGV[3]: the score and the
-- customer that the place is behind; neither for the first ones. Whoever stood there may have gone, or count
-- otherwise by now.
-- Returns the customers, and their rows.
local function is_later(one, other)
    -- By bytes, as a sorted set has it; Lua would go by the locale.
    for place = 1, math.min(#one, #other) do
        local ours, theirs = string.byte(one, place), string.byte(other, place)
        if ours ~= theirs then
            return ours > theirs
        end
    end
    return #one > #other
end
local first = 0
if ARGV[2] then
    first = redis.call('ZCOUNT', KEYS[2], '(' .. ARGV[2], '+inf')
    local beyond = redis.call('ZCOUNT', KEYS[2], ARGV[2], '+inf')
    while first < beyond do
        local middle = math.floor((first + beyond) / 2)
        if is_later(ARGV[3], redis.call('ZREVRANGE', KEYS[2], middle, middle)[1]) then
            beyond = middle
        else
            first = middle + 1
        end
    end
end
local names = redis.call('ZREVRANGE', KEYS[2], first, first + ARGV[1] - 1)
return {names, #names > 0 and redis.call('HMGET', KEYS[1], unpack(names)) or {}}
