-- Replaces the states of rate limits if nobody has changed them meanwhile.
-- KEYS: set of the users of the first state, states. ARGV: ID of this user, expected time in milliseconds; then for each
-- state: expected revision, new state, time of expiry. Without the arguments of the states, nothing is replaced.
-- Returns {replaced, time, number of users in the last minute}, then for each state: its revision and, if nothing was
-- replaced, the state.
local states = {unpack(KEYS, 2)}
redis.call('ZADD', KEYS[1], integer(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', integer(now - 60000))
redis.call('PEXPIRE', KEYS[1], 60000)
local result = {1, integer(now), redis.call('ZCARD', KEYS[1])}
-- The new states were computed for the expected time. It is far off if the clock of Redis was set.
if #ARGV < 2 + 3 * #states or math.abs(now - ARGV[2]) > 5000 then
  result[1] = 0
end
local current = {}
for i, key in ipairs(states) do
  current[i] = redis.call('HMGET', key, 'revision', 'state')
  if result[1] == 1 and (current[i][1] or '') ~= ARGV[3 * i] then
    result[1] = 0
  end
end
for i, key in ipairs(states) do
  local revision = current[i][1] or ''
  if result[1] == 1 then
    -- The time makes it differ from all earlier ones even if Redis has lost its data.
    revision = integer(math.max(time[1] * 1000000 + time[2], tonumber(current[i][1] or '0') + 1))
    redis.call('HSET', key, 'revision', revision, 'state', ARGV[3 * i + 1])
    redis.call('PEXPIREAT', key, ARGV[3 * i + 2])
    current[i][2] = false
  end
  table.insert(result, revision)
  table.insert(result, current[i][2] or '')
end
return result
