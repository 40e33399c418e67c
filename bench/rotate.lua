-- wrk asks as a thousand people by turns: BENCH_COOKIES names a file with a cookie a line.
local requests, turn = {}, 0

function init()
    for line in io.lines(os.getenv("BENCH_COOKIES")) do
        requests[#requests + 1] = wrk.format("GET", nil, { ["Cookie"] = line })
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end
