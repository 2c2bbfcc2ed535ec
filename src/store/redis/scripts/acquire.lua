-- KEYS: lease, records. ARGV: owner, duration, time to keep. Returns {granted, fence or remaining time}.
local lease = redis.call('HMGET', KEYS[1], 'owner', 'expires_at', 'fence')
local expires_at = tonumber(lease[2] or '0')
if lease[1] and lease[1] ~= '' and lease[1] ~= ARGV[1] and expires_at > now then
  return {0, integer(expires_at - now)}
end
-- The time makes it grow even if Redis has lost its data.
local fence = integer(math.max(now, tonumber(lease[3] or '0') + 1))
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', fence, 'expires_at', integer(now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {1, fence}
