#include "platform/flags/depot.hpp"

#include "base/gate.hpp"
#include "platform/flags/ledger.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace acme::flags {

struct Depot::Books {
    mutable std::atomic_flag is_busy;
    std::map<std::string, std::shared_ptr<const Snapshot>, std::less<>> newest;
    Ledger ledger;
};

/// What a scrape asks. It may outlive the depot by the scrape that is on its way.
class Depot::Source final : public prometheus::Collectable {
public:
    Source(const Depot& depot, std::shared_ptr<Books> books, const Clock& clock)
        : unknown_(depot.unknown_), books_(std::move(books)), clock_(clock) {}

    std::vector<prometheus::MetricFamily> Collect() const override {
        const Gate gate(books_->is_busy);
        std::vector<prometheus::MetricFamily> families(2);
        families[0].name = "feature_flag_evaluations_total";
        families[0].help = "Evaluations of feature flags, by flag and what came out.";
        for (const auto& [labels, count] : books_->ledger.series(clock_.steady())) {
            add(families[0], {{"flag", labels.first}, {"result", labels.second}}, count);
        }
        families[1].name = "feature_flag_evaluation_errors_total";
        families[1].help = "Evaluations that lacked a unit, a flag or its type: the default stood.";
        const Ledger& ledger = books_->ledger;
        const auto add_fault = [&](const char* code, std::uint64_t count) {
            add(families[1], {{"code", code}}, count);
        };
        add_fault("flag_not_found", unknown_->load(std::memory_order_relaxed));
        add_fault("targeting_key_missing", ledger.faults(Fault::targeting_key_missing));
        add_fault("type_mismatch", ledger.faults(Fault::type_mismatch));
        return families;
    }

    const Clock& clock() const { return clock_; }

private:
    static void add(
        prometheus::MetricFamily& family,
        std::vector<prometheus::ClientMetric::Label> labels,
        std::uint64_t count
    ) {
        family.type = prometheus::MetricType::Counter;
        auto& metric = family.metric.emplace_back();
        metric.label = std::move(labels);
        metric.counter.value = static_cast<double>(count);
    }

    std::shared_ptr<std::atomic<std::uint64_t>> unknown_;
    std::shared_ptr<Books> books_;
    const Clock& clock_;
};

Depot::Depot(Metrics& metrics, const Clock& clock, bool is_on, std::string environment)
    : is_on_(is_on),
      unknown_(std::make_shared<std::atomic<std::uint64_t>>(0)),
      environment_(std::move(environment)),
      books_(std::make_shared<Books>()),
      source_(std::make_shared<Source>(*this, books_, clock)) {
    if (is_on) metrics.collect_also(source_);
}

Depot::~Depot() = default;

bool Depot::put(std::shared_ptr<const Snapshot> snapshot) {
    const Gate gate(books_->is_busy);
    auto& newest = books_->newest[std::string(snapshot->environment())];
    if (newest != nullptr && newest->version() >= snapshot->version()) return false;
    books_->ledger.replace(newest.get(), *snapshot, source_->clock().steady());
    newest = std::move(snapshot);
    number_.fetch_add(1, std::memory_order_release);
    return true;
}

std::shared_ptr<const Snapshot> Depot::newest(std::string_view environment) const {
    const Gate gate(books_->is_busy);
    const auto found = books_->newest.find(environment);
    return found == books_->newest.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const Snapshot>> Depot::all() const {
    const Gate gate(books_->is_busy);
    std::vector<std::shared_ptr<const Snapshot>> all;
    for (const auto& [environment, snapshot] : books_->newest) all.push_back(snapshot);
    return all;
}

std::shared_ptr<Tally> Depot::enlist(std::string_view environment) {
    const Gate gate(books_->is_busy);
    const auto found = books_->newest.find(environment);
    if (found == books_->newest.end()) return nullptr;
    auto tally = std::make_shared<Tally>(found->second);
    books_->ledger.add(tally);
    return tally;
}

std::vector<Count> Depot::counts() {
    const Gate gate(books_->is_busy);
    return books_->ledger.counts(source_->clock().steady());
}

}  // namespace acme::flags
