#include "io/telemetry/metrics.hpp"

#include "io/telemetry/exposition.hpp"

#include <gtest/gtest.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <cstdio>
#include <unistd.h>
#include <zlib.h>

namespace acme {
namespace {

using exposition::Format;

std::string unzip(const std::string& bytes) {
    std::string out(1 << 20, '\0');
    std::string in = bytes;
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = std::bit_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = std::bit_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    inflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

void fill(Metrics& metrics) {
    metrics.describe_build("r-1", "serve");
    metrics.http_requests("GET /v1/files/{id}", 200).Increment();
    metrics.http_request_seconds("GET /v1/files/{id}").Observe(0.003);
    metrics.db_query_seconds("files.find", "select").Observe(0.0005);
    metrics.gauge("db_connections_active", "Connections in use.", {{"pool", "primary"}}).Set(3);
    metrics.counter("odd", "A counter without the ending.\nTwo lines \\ one.").Increment();
    metrics.gauge("redis_up", "Quotes \" in labels.", {{"name", "a\"b\\c\nd"}}).Set(1.5);
}

TEST(Metrics, TheSameNameAndLabelsGiveTheSameSeries) {
    Metrics metrics;
    auto& one = metrics.counter("rate_limit_decisions_total", "Decisions.", {{"result", "ok"}});
    EXPECT_EQ(
        &one, &metrics.counter("rate_limit_decisions_total", "Decisions.", {{"result", "ok"}})
    );
    EXPECT_NE(
        &one, &metrics.counter("rate_limit_decisions_total", "Decisions.", {{"result", "no"}})
    );
    EXPECT_THROW(metrics.counter("a b", "x"), std::invalid_argument);
}

struct Source final : prometheus::Collectable {
    std::vector<prometheus::MetricFamily> Collect() const override {
        prometheus::MetricFamily family;
        family.name = "told_total";
        family.help = "What a source tells.";
        family.type = prometheus::MetricType::Counter;
        family.metric.emplace_back().counter.value = 7;
        return {family};
    }
};

TEST(Metrics, ASourceIsAskedAtEachScrapeWhileItLives) {
    Metrics metrics;
    auto source = std::make_shared<Source>();
    metrics.collect_also(source);
    EXPECT_NE(metrics.text().find("told_total 7\n"), std::string::npos);
    EXPECT_NE(metrics.brief("told_total").find("told_total 7\n"), std::string::npos);
    source.reset();
    EXPECT_EQ(metrics.text().find("told_total"), std::string::npos);
}

TEST(Metrics, TheTextFormatIsThatOfPrometheus) {
    Metrics metrics;
    fill(metrics);
    const std::string text = metrics.text();
    EXPECT_NE(
        text.find("# TYPE http_requests_total counter\n"
                  "http_requests_total{method=\"GET\",path=\"/v1/files/{id}\",status=\"200\"} 1\n"),
        text.npos
    );
    EXPECT_NE(
        text.find("http_request_duration_seconds_bucket{method=\"GET\",path=\"/v1/files/"
                  "{id}\",le=\"0.002\"} 0\n"),
        text.npos
    );
    EXPECT_NE(text.find("le=\"0.005\"} 1\n"), text.npos);
    EXPECT_NE(text.find("le=\"2.0\"} 1\n"), text.npos);
    EXPECT_NE(text.find("le=\"+Inf\"} 1\n"), text.npos);
    EXPECT_NE(text.find("acme_build_info{release=\"r-1\",role=\"serve\"} 1\n"), text.npos);
    EXPECT_NE(text.find("redis_up{name=\"a\\\"b\\\\c\\nd\"} 1.5\n"), text.npos);
    EXPECT_NE(text.find("process_resident_memory_bytes "), text.npos);
    EXPECT_EQ(text.find("# EOF"), text.npos);
}

TEST(Metrics, OpenMetricsHasItsNamesItsEndAndExamples) {
    Metrics metrics;
    fill(metrics);
    auto& seconds = metrics.http_request_seconds("GET /v1/files/{id}");
    metrics.give_example(
        seconds, 0.003, {1, 2}, WallTime(std::chrono::milliseconds(1'700'000'000'045))
    );
    const std::string text = metrics.scrape("application/openmetrics-text", "").body;
    EXPECT_NE(text.find("# TYPE http_requests counter\nhttp_requests_total{"), text.npos);
    EXPECT_NE(text.find("# TYPE odd counter\nodd_total 1\n"), text.npos);
    EXPECT_NE(
        text.find("le=\"0.005\"} 1 # {trace_id=\"00000000000000010000000000000002\"} 0.003 "
                  "1700000000.045\n"),
        text.npos
    );
    EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

TEST(Metrics, TheFormatIsTheOneThatTheScraperPrefers) {
    using exposition::choose;
    EXPECT_EQ(choose(""), Format::text);
    EXPECT_EQ(choose("*/*"), Format::text);
    EXPECT_EQ(choose("text/html"), Format::text);
    EXPECT_EQ(choose("application/openmetrics-text; version=1.0.0"), Format::open_metrics);
    EXPECT_EQ(
        choose("application/openmetrics-text;version=0.0.1;q=0.9,text/plain;q=0.5"), Format::text
    );
    EXPECT_EQ(
        choose("application/openmetrics-text;q=0.3,text/plain;version=0.0.4;q=0.5"), Format::text
    );
    // Prometheus 2.42.
    EXPECT_EQ(
        choose("application/openmetrics-text;version=1.0.0,application/"
               "openmetrics-text;version=0.0.1;q=0.75,"
               "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
        Format::open_metrics
    );
    EXPECT_TRUE(exposition::takes_gzip("br, gzip;q=0.5"));
    EXPECT_TRUE(exposition::takes_gzip("*"));
    EXPECT_FALSE(exposition::takes_gzip("gzip;q=0, *"));
    EXPECT_FALSE(exposition::takes_gzip(""));
}

TEST(Metrics, ThePageIsZippedWhenTheScraperTakesThat) {
    Metrics metrics;
    fill(metrics);
    const Scrape scrape = metrics.scrape("text/plain", "gzip");
    EXPECT_EQ(scrape.content_encoding, "gzip");
    EXPECT_EQ(scrape.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_NE(unzip(scrape.body).find("http_requests_total{"), std::string::npos);
}

TEST(Metrics, PromtoolFindsNothingToSay) {
    Metrics metrics;
    metrics.describe_build("r-1", "serve");
    metrics.http_requests("GET /v1/files/{id}", 200).Increment();
    metrics.http_request_seconds("GET /v1/files/{id}").Observe(0.003);
    metrics.db_query_seconds("files.find", "select").Observe(0.0005);
    std::FILE* const promtool = ::popen("promtool check metrics 2>&1", "w");
    ASSERT_NE(promtool, nullptr);
    std::fputs(metrics.text().c_str(), promtool);
    EXPECT_EQ(::pclose(promtool), 0);
}

TEST(Metrics, TooManyLabelSetsBecomeOther) {
    Metrics metrics;
    for (std::size_t i = 0; i < Metrics::series_max + 10; ++i) {
        metrics
            .counter(
                "feature_flag_evaluations_total", "Evaluations.", {{"flag", std::to_string(i)}}
            )
            .Increment();
    }
    metrics.counter("feature_flag_evaluations_total", "Evaluations.", {{"flag", "7"}}).Increment();
    const std::string text = metrics.text();
    EXPECT_NE(text.find("feature_flag_evaluations_total{flag=\"_other\"} 10\n"), text.npos);
    EXPECT_NE(text.find("feature_flag_evaluations_total{flag=\"7\"} 2\n"), text.npos);
    EXPECT_NE(
        text.find("metrics_series_dropped_total{metric=\"feature_flag_evaluations_total\"} 10\n"),
        text.npos
    );
}

TEST(Metrics, HttpTotalsLeaveHealthChecksOut) {
    Metrics metrics;
    metrics.http_requests("GET /v1/files", 200).Increment(3);
    metrics.http_requests("GET /v1/files", 503).Increment();
    metrics.http_requests("GET /healthz", 503).Increment();
    metrics.http_request_seconds("GET /v1/files").Observe(0.0015);
    metrics.http_request_seconds("GET /v1/files").Observe(60);
    const HttpTotals totals = metrics.http_totals();
    EXPECT_EQ(totals.requests, 4);
    EXPECT_EQ(totals.errors, 1);
    EXPECT_EQ(totals.buckets[1], 1);
    EXPECT_EQ(totals.buckets.back(), 1);
}

TEST(Metrics, WhoAsksOftenMayAskForSomeOnly) {
    Metrics metrics;
    metrics.counter("apples_total", "Apples.", {{"kind", "red"}}).Increment();
    metrics.counter("apples_total_eaten", "Not asked for.").Increment();
    metrics.gauge("pears", "Pears.").Set(2);
    EXPECT_EQ(
        exposition::keep(metrics.text(), "pears, apples_total,none"),
        "# HELP apples_total Apples.\n# TYPE apples_total counter\n"
        "apples_total{kind=\"red\"} 1\n"
        "# HELP pears Pears.\n# TYPE pears gauge\npears 2\n"
    );
    EXPECT_EQ(exposition::keep(metrics.text(), ""), "");
}

TEST(Metrics, SumTheirRoutesForWhoAsksManyNodes) {
    Metrics metrics;
    metrics.http_requests("GET /a", 200).Increment(5);
    metrics.http_requests("GET /b", 200).Increment(2);
    metrics.http_requests("GET /b", 404).Increment(3);
    metrics.http_requests("GET /a", 503).Increment();
    metrics.http_requests("GET /readyz", 200).Increment(100);
    metrics.http_request_seconds("GET /a").Observe(0.004);
    metrics.http_request_seconds("GET /b").Observe(0.004);
    metrics.http_request_seconds("GET /readyz").Observe(0.004);
    metrics.gauge("pears", "Pears.").Set(2);

    const std::string page =
        metrics.brief("http_requests_total,http_request_duration_seconds,pears");

    EXPECT_TRUE(page.contains("http_requests_total{status=\"2xx\"} 7\n")) << page;
    EXPECT_TRUE(page.contains("http_requests_total{status=\"4xx\"} 3\n"));
    EXPECT_TRUE(page.contains("http_requests_total{status=\"5xx\"} 1\n"));
    EXPECT_TRUE(page.contains("http_request_duration_seconds_bucket{le=\"0.005\"} 2\n"));
    EXPECT_TRUE(page.contains("http_request_duration_seconds_bucket{le=\"0.002\"} 0\n"));
    EXPECT_TRUE(page.contains("pears 2\n"));
    EXPECT_FALSE(page.contains("path"));
}

TEST(Metrics, SayHowManyCoresTheProcessMayUse) {
    const std::string kept = exposition::keep(Metrics().text(), "process_cpu_limit_cores");
    double cores = 0;
    EXPECT_EQ(std::sscanf(kept.substr(kept.rfind(' ')).c_str(), " %lf", &cores), 1);
    EXPECT_GT(cores, 0.01);
    EXPECT_LE(cores, ::sysconf(_SC_NPROCESSORS_CONF));
}

TEST(Metrics, SayHowMuchMemoryTheProcessMayUse) {
    const std::string kept = exposition::keep(Metrics().text(), "process_memory_limit_bytes");
    double bytes = 0;
    EXPECT_EQ(std::sscanf(kept.substr(kept.rfind(' ')).c_str(), " %lf", &bytes), 1);
    EXPECT_GT(bytes, 1e6);
}

}  // namespace
}  // namespace acme
