-- Puts customers on the roster, but for those who were erased, and takes those off who are not to stand there.
-- KEYS[1]: the set of who was erased. KEYS[2]: the rows, a hash. KEYS[3...]: each order, a sorted set.
-- ARGV, for each customer in turn: the customer, the digest, the row, which is empty for who is taken off, and the score in
-- each order.
local wide = #KEYS + 1
for first = 1, #ARGV, wide do
    local customer, row = ARGV[first], ARGV[first + 2]
    if row == '' then
        redis.call('HDEL', KEYS[2], customer)
        for place = 3, #KEYS do
            redis.call('ZREM', KEYS[place], customer)
        end
    elseif redis.call('SISMEMBER', KEYS[1], ARGV[first + 1]) == 0 then
        redis.call('HSET', KEYS[2], customer, row)
        for place = 3, #KEYS do
            redis.call('ZADD', KEYS[place], ARGV[first + place], customer)
        end
    end
end
