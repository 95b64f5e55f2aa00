/**
 * The log in Redis. A stream is a Redis Stream of entries `e` (epoch) and `t` or `b` (text or bytes), with a hash beside it:
 * `epoch`, random, new when the stream was lost; `last`, the full id of the newest entry; `count` of all entries of the
 * epoch, if known; `marker`, the newest entry that marks a loss. A full id is `epoch.id-of-the-entry`, or `epoch.0` for nothing.
 *
 * KEYS of both: the stream, the hash, the channel of the bell; then of `append` a key for each entry, to store it once.
 */
const COMMON = `
local log, meta, channel = KEYS[1], KEYS[2], KEYS[3]
local fresh, ttl = ARGV[1], tonumber(ARGV[2])

local function full(entry) return entry[2][2] .. '.' .. entry[1] end

local function split(id)
  local epoch, ms, n = string.match(id, '^(%w+)%.(%d+)%-?(%d*)$')
  if not epoch or #ms > 15 or #n > 15 then return nil end
  return epoch, tonumber(ms), tonumber(n) or 0, n ~= '' and ms .. '-' .. n or nil
end

local function isBefore(a, b)
  local _, ams, an = split(a)
  local _, bms, bn = split(b)
  return ams < bms or (ams == bms and an < bn)
end

local function ring(previous, id, kind, data)
  local mark = kind == 'b' and '\\2' or '\\1'
  redis.call(ARGV[3], channel, mark .. previous .. ' ' .. id .. '\\n' .. data)
end

local state = redis.call('HMGET', meta, 'epoch', 'last', 'count', 'marker')
local epoch, last, count, marker = state[1], state[2], tonumber(state[3]), state[4]
local tail = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]

local function begin(newest)
  epoch, last, count = fresh, newest, newest == fresh .. '.0' and 0 or -1
  redis.call('HSET', meta, 'epoch', epoch, 'last', last, 'count', count)
end

local function touch()
  redis.call('PEXPIRE', meta, ttl)
  redis.call('PEXPIRE', log, ttl)
end

local function add(kind, data)
  local id = redis.call('XADD', log, '*', 'e', epoch, kind, data)
  local previous = last
  last, count = epoch .. '.' .. id, count < 0 and count or count + 1
  redis.call('HSET', meta, 'last', last, 'count', count)
  ring(previous, last, kind, data)
  return last
end

-- Forgets what is too old, but for the newest entry, which says where the log stands. Returns the oldest time.
local function trim(maxAge)
  local now = redis.call('TIME')
  local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - maxAge
  local _, newest = split(last)
  redis.call('XTRIM', log, 'MINID', '=', string.format('%d', math.max(0, math.min(oldest, newest))))
  return oldest
end

-- Says in the log itself that something before this is lost.
local function mark()
  epoch = fresh
  count = -1
  redis.call('HSET', meta, 'epoch', epoch)
  last = epoch .. '.' .. redis.call('XADD', log, '*', 'e', epoch, 'm', '')
  marker = last
  redis.call('HSET', meta, 'last', last, 'count', count, 'marker', marker)
  -- No id before it: whoever follows reads the log.
  ring('-', last, 't', '')
end

if not epoch then
  if tail then mark() else begin(fresh .. '.0') end
elseif tail and full(tail) ~= last or not tail and string.sub(last, -2) ~= '.0' then
  mark()
end
`;

/** ARGV: fresh epoch, ttl, PUBLISH or SPUBLISH, maxEntries, maxAge, keyAge, then kind and data of each entry. */
export const APPEND = `${COMMON}
local maxEntries, maxAge, keyAge = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local results = {}
for i = 4, #KEYS do
  local at = 7 + (i - 4) * 2
  local known = redis.call('GET', KEYS[i])
  if known then
    results[#results + 1] = known
    results[#results + 1] = '1'
  else
    local id = add(ARGV[at], ARGV[at + 1])
    redis.call('SET', KEYS[i], id, 'PX', keyAge)
    results[#results + 1] = id
    results[#results + 1] = '0'
  end
end
redis.call('XTRIM', log, 'MAXLEN', '=', maxEntries)
trim(maxAge)
touch()
return results
`;

/**
 * ARGV: fresh epoch, ttl, PUBLISH or SPUBLISH, the id to read after or '', the limit, maxAge, then ids that this process has had from the
 * log. Returns recovered, more, last, and then id, kind and data of each entry.
 */
export const READ = `${COMMON}
local after, limit, maxAge = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])

-- The id of the entry in the stream if it is still there.
local function find(id)
  local e, _, _, own = split(id)
  if not own then return nil end
  local entry = redis.call('XRANGE', log, own, own, 'COUNT', 1)[1]
  return entry and entry[2][2] == e and own or nil
end

local oldest = trim(maxAge)
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
for i = 7, #ARGV do
  local e, _, _, own = split(ARGV[i])
  -- Of this epoch, not trimmed, and gone: Redis lost it, in a failover or a restart with old data.
  if own and e == epoch and not find(ARGV[i]) and (not first or isBefore(full(first), ARGV[i])) then
    mark()
    break
  end
end

local recovered, from = false, nil
if after ~= '' then
  local e, _, _, own = split(after)
  if e and not own then
    recovered = after == epoch .. '.0' and count == redis.call('XLEN', log)
    from = '-'
  elseif own then
    local found = find(after)
    recovered = found and (not marker or not isBefore(after, marker))
    from = found and '(' .. found
  end
end

local entries, more = {}, false
if recovered then
  entries = redis.call('XRANGE', log, from, '+', 'COUNT', limit + 1)
  if #entries > limit then
    more = true
    entries[#entries] = nil
  end
elseif limit > 0 then
  local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', limit)
  for i = #newest, 1, -1 do entries[#entries + 1] = newest[i] end
end

local result = { (recovered or after == '') and 1 or 0, more and 1 or 0, last }
if more then result[3] = #entries > 0 and full(entries[#entries]) or after end
for _, entry in ipairs(entries) do
  local _, ms = split(full(entry))
  if entry[2][3] ~= 'm' and ms >= oldest then
    result[#result + 1] = full(entry)
    result[#result + 1] = entry[2][3]
    result[#result + 1] = entry[2][4]
  end
end
touch()
return result
`;
