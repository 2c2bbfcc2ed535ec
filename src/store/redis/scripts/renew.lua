-- KEYS: lease, records. ARGV: fence, owner, duration, time to keep. Returns whether the lease is valid.
if not is_valid(KEYS[1], ARGV[1], ARGV[4]) then
  return 0
end
local owner = redis.call('HGET', KEYS[1], 'owner')
-- A lease that was ended is not extended.
if owner and owner ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'expires_at', integer(now + ARGV[3]))
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
