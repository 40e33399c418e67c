#include "operate/metrics/render.hpp"

#include <gtest/gtest.h>

namespace acme::metrics {
namespace {

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(MetricsRender, WhoServesWorksOrSchedulesIsScrapedAndNobodyElse) {
    deploy::Fleet fleet{.environments = {{.name = "production"}, {.name = "staging"}}};
    fleet.machines = {
        {.name = "app-1", .roles = {"serve"}, .address = "10.0.1.1"},
        {.name = "worker-1",
         .roles = {"worker"},
         .address = "worker-1.internal",
         .environment = "staging"},
        {.name = "scheduler-1", .roles = {"scheduler", "bastion"}, .address = "fd00::1"},
        {.name = "lb-1", .roles = {"balancer"}, .address = "10.0.1.9"},
    };

    const auto targets = targets_of(fleet);

    EXPECT_EQ(
        targets,
        (std::vector<Target>{
            {"app-1", "production", "10.0.1.1"},
            {"worker-1", "staging", "worker-1.internal"},
            {"scheduler-1", "production", "fd00::1"},
        })
    );
    const std::string text = render_prometheus(targets, {});
    EXPECT_TRUE(says(
        text,
        "- targets: [\"10.0.1.1:9090\"]\n"
        "        labels: {node: \"app-1\", environment: \"production\"}"
    ));
    EXPECT_TRUE(says(text, "\"[fd00::1]:9090\"")) << text;
}

TEST(MetricsRender, AReleaseIsLookedAtMoreOftenAndACertificateMeansHttps) {
    const std::string usual = render_prometheus({{"app-1", "local", "127.1.1.1"}}, {});
    const std::string release = render_prometheus(
        {{"app-1", "local", "127.1.1.1"}},
        {.interval = release_interval, .certificate = {"/tls/ca", "/tls/cert", "/tls/key"}}
    );

    EXPECT_TRUE(says(usual, "scrape_interval: 15s")) << usual;
    EXPECT_FALSE(says(usual, "https"));
    EXPECT_TRUE(says(release, "scrape_interval: 5s")) << release;
    EXPECT_TRUE(says(release, "scheme: https"));
    EXPECT_TRUE(says(release, "cert_file: \"/tls/cert\""));
}

}  // namespace
}  // namespace acme::metrics
