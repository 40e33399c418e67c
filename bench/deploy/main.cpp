// What bench/deploy.py measures with:
//   acme-bench-deploy load name=value...   the client, see load.hpp
//   acme-bench-deploy plan NODES           milliseconds to make, number and print a plan; five runs
//   acme-bench-deploy nodes|balancer|control name=value...   see hundred.hpp
#include "base/text.hpp"
#include "hundred.hpp"
#include "load.hpp"
#include "operate/deploy/plan.hpp"

#include <boost/json/serialize.hpp>

#include <csignal>
#include <cstdio>
#include <map>
#include <span>
#include <stdexcept>

namespace {

using namespace acme;
using std::chrono::steady_clock;

class Words {
public:
    explicit Words(std::span<char*> words) {
        for (const std::string_view word : words) {
            const auto equals = word.find('=');
            if (equals == word.npos) throw std::invalid_argument("name=value is expected");
            values_.emplace(word.substr(0, equals), word.substr(equals + 1));
        }
    }

    template <class T>
    T number(std::string_view name, T otherwise) const {
        const auto found = values_.find(name);
        if (found == values_.end()) return otherwise;
        return parse_number<T>(found->second).value();
    }

    std::string text(std::string_view name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? "" : found->second;
    }

private:
    std::map<std::string, std::string, std::less<>> values_;
};

int load(const Words& words) {
    const bench::LoadOptions usual;
    bench::Load({
                    .port = words.number<std::uint16_t>("port", 0),
                    .cookie = words.text("cookie"),
                    .read_path = words.text("read"),
                    .write_path = words.text("write"),
                    .per_second = words.number("rps", usual.per_second),
                    .writes_percent = words.number("writes", usual.writes_percent),
                    .slow_percent = words.number("slow_permille", 10) / 10.0,
                    .slow_time = std::chrono::milliseconds(words.number("slow_ms", 300)),
                    .time = std::chrono::seconds(words.number("seconds", 60)),
                })
        .run();
    return 0;
}

std::vector<deploy::NodeNow> nodes_of(int count) {
    std::vector<deploy::NodeNow> nodes;
    for (int i = 0; i < count; ++i) {
        nodes.push_back({
            .name = "app-" + std::to_string(i + 1),
            .role = "serve",
            .address = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250),
            .release = std::string(40, 'a'),
            .track = "stable",
            .known_good = std::string(40, 'a'),
            .is_running = true,
            .is_ready = true,
        });
    }
    return nodes;
}

/// With its digest and as JSON, as every command that plans makes it.
std::size_t plan_once(const std::vector<deploy::NodeNow>& nodes) {
    const deploy::Goal goal{.release = std::string(40, 'b'), .known_good = std::string(40, 'a')};
    const auto plan = deploy::make_plan(nodes, goal, {});
    if (!plan) throw std::runtime_error(plan.error().message);
    return plan->digest().size() + boost::json::serialize(plan->json()).size();
}

int plan(int count) {
    const auto nodes = nodes_of(count);
    for (int run = 0; run < 5; ++run) {
        const auto began = steady_clock::now();
        const std::size_t bytes = plan_once(nodes);
        const std::chrono::duration<double, std::milli> took = steady_clock::now() - began;
        std::printf("%.3f %zu\n", took.count(), bytes);
    }
    return 0;
}

bench::Hundred hundred(const Words& words) {
    const bench::Hundred usual;
    return {
        .nodes = words.number("nodes", usual.nodes),
        .folder = words.text("folder"),
        .port = words.number("port", usual.port),
        .seconds = words.number("seconds", usual.seconds),
    };
}

int run(std::span<char*> words) {
    const std::string_view verb = words.empty() ? "" : words.front();
    const auto rest = words.subspan(words.empty() ? 0 : 1);
    if (verb == "nodes") return bench::answer_as_nodes(hundred(Words(rest))), 0;
    if (verb == "balancer") return bench::write_balancer(hundred(Words(rest))), 0;
    if (verb == "control") return bench::control(hundred(Words(rest))), 0;
    if (verb == "load") return load(Words(rest));
    if (verb == "plan" && words.size() == 2) return plan(parse_number<int>(words[1]).value());
    std::fprintf(
        stderr, "acme-bench-deploy load|nodes|balancer|control name=value... | plan NODES\n"
    );
    return 64;
}

}  // namespace

int main(int count, char** words) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(std::span(words + 1, words + count));
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "bench: %s\n", fault.what());
    }
    return 70;
}
