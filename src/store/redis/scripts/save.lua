-- KEYS: lease, records. ARGV: fence, time to keep, record, value. Returns whether the lease is valid.
if not is_valid(KEYS[1], ARGV[1], ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
