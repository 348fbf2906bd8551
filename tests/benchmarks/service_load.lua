-- wrk's questions: addresses of the demonstration's register, or positions all over its island, each time another one.
--   wrk -t1 -c16 -d10 --latency -s tests/benchmarks/service_load.lua http://127.0.0.1:8400 -- address|position [500]
-- Without a rate each connection asks as soon as it is answered. With one, questions come at random times, so many a second in the
-- mean, whether or not those before are answered, as long as a connection is free: have many, and one thread (-t1).
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, ns; } moment; int clock_gettime(int clock, moment *now);")
local MONOTONIC = 1
local bodies, at = {}, 0

local function now_s()
  local now = ffi.new("moment")
  ffi.C.clock_gettime(MONOTONIC, now)
  return tonumber(now.s) + tonumber(now.ns) / 1e9
end

local function addresses()
  local first = true
  for line in io.lines("data/vato/addresses.csv") do
    local street, number, letter, postcode, town = line:match("^([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),")
    if not first then
      bodies[#bodies + 1] = string.format('"address": "%s %s%s, %s %s"', street, number, letter, postcode, town)
    end
    first = false
  end
end

local function positions()
  for n = 1, 20000 do
    local lat, lon = 59.76 + 0.08 * math.random(), 18.90 + 0.09 * math.random()
    bodies[n] = string.format('"lat": %.6f, "lon": %.6f, "cep95_m": 20', lat, lon)
  end
end

-- The next question's moment is fixed before any connection is free for it: that is what makes the load an open one.
local function arriving(rate)
  local due
  return function()
    due = (due or now_s()) - math.log(1 - math.random()) / rate
    return math.max(0, math.floor((due - now_s()) * 1000 + 0.5))
  end
end

function init(arguments)
  math.randomseed(20251101)
  if arguments[1] == "position" then positions() else addresses() end
  local rate = tonumber(arguments[2])
  if rate then delay = arriving(rate) end
end

function request()
  at = at % #bodies + 1
  return wrk.format("POST", "/v1/check", {["Content-Type"] = "application/json"}, "{" .. bodies[at] .. ', "product": "mbb-4g"}')
end
