-- For wrk: a key at random for each request.
local keys = tonumber(os.getenv("KEYS"))

function init()
   math.randomseed(1)
end

function request()
   return wrk.format("GET", "/items/" .. math.random(keys) .. "/")
end
