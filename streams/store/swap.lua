-- Puts what was made in place of what there is.
-- KEYS: pairs of a key that was made and the key that it is to have, and last the key of what there is to say of it, which
-- is ARGV[1].
for i = 1, #KEYS - 1, 2 do
    if redis.call('EXISTS', KEYS[i]) == 1 then
        redis.call('RENAME', KEYS[i], KEYS[i + 1])
    else
        redis.call('DEL', KEYS[i + 1])
    end
end
redis.call('SET', KEYS[#KEYS], ARGV[1])
