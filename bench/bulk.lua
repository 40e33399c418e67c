-- wrk asks by POST: BENCH_BODY is the body, BENCH_TOKEN what stands in Authorization. Its own headers stay: Host is one.
wrk.method, wrk.body = "POST", os.getenv("BENCH_BODY")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = os.getenv("BENCH_TOKEN")
