#include "platform/uploads/fences.hpp"

#include <prometheus/gauge.h>

namespace acme::uploads {
namespace {

// Every organization's: each is asked for by its id and compared with what its request holds.
constexpr pg::Query list_epochs{"uploads.epochs", R"sql(
    SELECT id, lock_epoch FROM uploads WHERE id = ANY($1::text[]::uuid[]) AND state = 'open'
)sql"};

}  // namespace

Fences::Place::Place(Fences& fences, Uuid upload, std::int64_t epoch, std::function<void()> fenced)
    : fences_(fences), upload_(upload), epoch_(epoch), fenced_(std::move(fenced)) {
    fences_.places_.insert(this);
    fences_.active_.Increment();
}

Fences::Place::~Place() {
    fences_.places_.erase(this);
    fences_.active_.Decrement();
}

Fences::Fences(pg::Database& db, Telemetry& telemetry)
    : db_(db),
      telemetry_(telemetry),
      active_(telemetry.metrics.gauge("upload_active", "Uploads under way.")),
      tasks_(telemetry.log) {}

Task<> Fences::watch() {
    if (is_watching_ || is_closing_) co_return;
    is_watching_ = true;
    tasks_.spawn(co_await asio::this_coro::executor, "uploads.watch", look_on());
}

Task<> Fences::look_on() {
    while (!places_.empty() && !is_closing_) {
        co_await sleep_for(look_every);
        try {
            co_await look();
        } catch (const pg::Fault& fault) {
            // It is told a little later, or finds out when it commits.
            telemetry_.log.warn("uploads.watch", {{"reason", fault.what()}});
        }
    }
    is_watching_ = false;
}

Task<> Fences::look() {
    if (places_.empty()) co_return;
    std::vector<std::string> ids;
    for (const Place* place : places_) ids.push_back(to_text(place->upload_));
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const auto rows = co_await db_.run(trace.begin(std::nullopt, 0), list_epochs, ids);
    std::map<Uuid, std::int64_t> epochs;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const Uuid id = row.uuid();
        epochs[id] = row.integer();
    }
    // Who came while the answer was on its way is newer than it, and looked at next time.
    for (Place* place : places_) {
        const auto found = epochs.find(place->upload_);
        const bool was_asked = std::ranges::count(ids, to_text(place->upload_)) > 0;
        const bool is_newer = found == epochs.end() || found->second > place->epoch_;
        if (was_asked && is_newer && place->fenced_) std::exchange(place->fenced_, nullptr)();
    }
}

Task<> Fences::close() {
    is_closing_ = true;
    co_await tasks_.join();
}

}  // namespace acme::uploads
