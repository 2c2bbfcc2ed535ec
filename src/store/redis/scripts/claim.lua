-- KEYS: lease, claim. ARGV: fence, time to keep the lease, key, time to keep the claim.
-- Returns {state}: 'lost', 'new', 'completed', or {'repeated', key of the first claim}.
if not is_valid(KEYS[1], ARGV[1], ARGV[2]) then
  return {'lost'}
end
local key = redis.call('GET', KEYS[2])
if not key then
  redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
  return {'new'}
end
if key == '' then
  return {'completed'}
end
return {'repeated', key}
