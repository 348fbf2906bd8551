-- wrk's questions: addresses of the demonstration's register, or positions on it, one after the other.
--   wrk -t2 -c16 -d8 --latency -s tests/benchmarks/service_load.lua http://127.0.0.1:8400 -- address|position
local bodies, at = {}, 0
function init(arguments)
  for n = 1, 60 do
    local place
    if arguments[1] == "position" then
      place = string.format('"lat": %.5f, "lon": %.5f', 59.76 + n * 0.0015, 18.90 + n * 0.0017)
    else
      place = string.format('"address": "Harg %d, 760 21 Vätö"', n)
    end
    bodies[n] = "{" .. place .. ', "product": "mbb-4g"}'
  end
end
function request()
  at = at % #bodies + 1
  return wrk.format("POST", "/v1/check", {["Content-Type"] = "application/json"}, bodies[at])
end
