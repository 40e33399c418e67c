-- wrk asks by POST: BENCH_BODY is the body, BENCH_TOKEN what stands in Authorization.
function init()
    local headers = {
        ["Content-Type"] = "application/json",
        ["Authorization"] = os.getenv("BENCH_TOKEN"),
    }
    wrk.method, wrk.body, wrk.headers = "POST", os.getenv("BENCH_BODY"), headers
end
