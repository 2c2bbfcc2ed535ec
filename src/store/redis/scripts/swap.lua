-- Replaces the states of rate limits if nobody has changed them meanwhile.
-- KEYS: states. ARGV: expected time in milliseconds; then for each key: expected revision, new state, time of expiry.
-- Without the arguments of the keys, nothing is replaced.
-- Returns {replaced, time}, then for each key: its revision and, if nothing was replaced, its state.
local result = {1, integer(now)}
-- The new states were computed for the expected time. It is far off if the clock of Redis was set.
if #ARGV < 1 + 3 * #KEYS or math.abs(now - ARGV[1]) > 5000 then
  result[1] = 0
end
local current = {}
for i, key in ipairs(KEYS) do
  current[i] = redis.call('HMGET', key, 'revision', 'state')
  if result[1] == 1 and (current[i][1] or '') ~= ARGV[3 * i - 1] then
    result[1] = 0
  end
end
for i, key in ipairs(KEYS) do
  local revision = current[i][1] or ''
  if result[1] == 1 then
    -- The time makes it differ from all earlier ones even if Redis has lost its data.
    revision = integer(math.max(time[1] * 1000000 + time[2], tonumber(current[i][1] or '0') + 1))
    redis.call('HSET', key, 'revision', revision, 'state', ARGV[3 * i])
    redis.call('PEXPIREAT', key, ARGV[3 * i + 1])
    current[i][2] = false
  end
  table.insert(result, revision)
  table.insert(result, current[i][2] or '')
end
return result
