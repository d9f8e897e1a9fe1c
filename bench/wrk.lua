-- Load for wrk: the same requests as client.py makes. Arguments: mix, round, file of the body, paths with commas.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  mix, prefix = args[1], tonumber(args[2])
  local file = io.open(args[3])
  local text = file:read("*a")
  file:close()
  before, between, after = text:match("^(.*)@CHECKOUT@(.*)@RECEIPT@(.*)$")
  paths = {}
  for path in args[4]:gmatch("[^,]+") do
    table.insert(paths, path)
  end
  headers = { ["Content-Type"] = "application/json" }
  generated = 0
end

function request()
  generated = generated + 1
  local number = generated
  if mix == "duplicates" and number % 2 == 0 then
    number = math.max(number - 129, 1)
  end
  local checkout = string.format("ws_CO_24112026101530%03d%09d", prefix, number)
  local body = before .. checkout .. between .. string.format("U%03d%06d", prefix, number) .. after
  if mix == "invalid" and number % 10 == 0 then
    body = body:sub(1, -2)
  elseif mix == "invalid" and number % 10 == 5 then
    body = body:gsub("ResultCode", "ResultKode")
  end
  return wrk.format("POST", paths[number % #paths + 1], headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.4f,"non_2xx":%d,"errors":%d,"p50_ms":%.3f,"p99_ms":%.3f,"generated":%d}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, threads[1]:get("generated")))
end
