-- Puts customers on the roster that is being made, but for those who were erased.
-- KEYS[1]: the set of who was erased. KEYS[2]: the rows, a hash. KEYS[3...]: each order, a sorted set.
-- ARGV, for each customer in turn: the customer, the digest, the row, and the score in each order, empty where it has none.
local wide = #KEYS + 1
for first = 1, #ARGV, wide do
    if redis.call('SISMEMBER', KEYS[1], ARGV[first + 1]) == 0 then
        redis.call('HSET', KEYS[2], ARGV[first], ARGV[first + 2])
        for place = 3, #KEYS do
            local score = ARGV[first + place]
            if score ~= '' then
                redis.call('ZADD', KEYS[place], score, ARGV[first])
            end
        end
    end
end
