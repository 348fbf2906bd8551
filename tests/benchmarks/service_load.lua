-- wrk's questions: addresses of the demonstration's register, or positions all over its island, each time another one.
--   wrk -t1 -c16 -d10 --latency -s tests/benchmarks/service_load.lua http://127.0.0.1:8400 -- address|position [500 16]
-- Without a rate each connection asks as soon as it is answered; with one, so many a second are asked over 16 connections.
local bodies, at = {}, 0

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

function init(arguments)
  math.randomseed(20251101)
  if arguments[1] == "position" then positions() else addresses() end
  local rate, connections = tonumber(arguments[2]), tonumber(arguments[3])
  if rate then
    local pause_ms = connections * 1000 / rate
    delay = function() return math.floor(pause_ms * 2 * math.random() + 0.5) end
  end
end

function request()
  at = at % #bodies + 1
  return wrk.format("POST", "/v1/check", {["Content-Type"] = "application/json"}, "{" .. bodies[at] .. ', "product": "mbb-4g"}')
end
