-- Start of each script: the time of Redis in milliseconds, and the check of the fence.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function integer(number)
  return string.format('%.0f', number)
end

-- Returns whether no later lease was granted. If Redis has lost its data, the fence is noted again.
local function is_valid(key, fence, keep)
  local current = tonumber(redis.call('HGET', key, 'fence') or '0')
  if current > tonumber(fence) then
    return false
  end
  if current < tonumber(fence) then
    redis.call('HSET', key, 'fence', fence)
  end
  redis.call('PEXPIRE', key, keep)
  return true
end
