#include "platform/flag_feed/feed.hpp"

#include "base/text.hpp"
#include "platform/flag_feed/copy.hpp"
#include "platform/flag_feed/disk.hpp"

#include <prometheus/gauge.h>

#include <algorithm>

namespace acme::flag_feed {
namespace {

using std::chrono::milliseconds;

constexpr const char* channel = "acme_flags";
constexpr milliseconds age_period{1'000};

/// As old as it may be for a node to keep its copy in Redis alive.
constexpr std::chrono::seconds lead_age_max{15};

double seconds_of(SteadyTime::duration time) { return std::chrono::duration<double>(time).count(); }

void wake(Line<bool>& line) {
    while (!line.empty()) line.give(true);
}

}  // namespace

Feed::Feed(FeedOptions options, Ground& ground, pg::Database& db, Loop& loop, Telemetry& telemetry)
    : options_(std::move(options)),
      ground_(ground),
      db_(db),
      redis_({.url = options_.redis_url.clone(), .deadline = options_.redis_deadline}, telemetry),
      loop_(loop),
      telemetry_(telemetry),
      listener_(
          {.conninfo = options_.conninfo.clone()},
          channel,
          [this](std::string_view news) { hear(news); },
          telemetry
      ),
      subscription_(
          {.url = options_.redis_url.clone()},
          news_channel,
          [this](std::string_view news) { hear(news); },
          telemetry
      ),
      meter_(telemetry.metrics, telemetry.clock, "flags"),
      age_(telemetry.metrics.gauge(
          "feature_flag_snapshot_age_seconds",
          "Since this node last knew that its rule sets are the newest."
      )),
      counts_(ground.depot, db, telemetry),
      current_at_(telemetry.clock.steady()),
      tasks_(telemetry.log) {}

Task<> Feed::run() {
    const Executor executor = co_await asio::this_coro::executor;
    co_await read_disk();
    tasks_.spawn(executor, "flags.listen", listener_.run());
    tasks_.spawn(executor, "flags.subscribe", subscription_.run());
    tasks_.spawn(executor, "flags.look", look_now_and_then());
    tasks_.spawn(executor, "flags.take", take_wanted());
    tasks_.spawn(executor, "flags.copies", keep_copies());
    tasks_.spawn(executor, "flags.counts", keep_counts());
    while (!is_stopping_) {
        show_age();
        co_await pausing_.wait(age_period);
    }
    co_await tasks_.join();
    redis_.close();
}

void Feed::stop() {
    is_stopping_ = true;
    listener_.stop();
    subscription_.stop();
    wake(wanting_);
    wake(pausing_);
}

void Feed::show_age() { age_.Set(seconds_of(telemetry_.clock.steady() - current_at_)); }

Task<> Feed::read_disk() {
    if (options_.folder.empty()) co_return;
    auto kept = co_await loop_.blocking([folder = options_.folder] { return read_kept(folder); });
    if (!kept || kept->rulesets.empty()) co_return;
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    for (Printed& printed : kept->rulesets) {
        co_await show(trace.begin(std::nullopt, 0), std::move(printed));
    }
    const auto age = std::max(telemetry_.clock.now() - kept->at, WallTime::duration(0));
    current_at_ = telemetry_.clock.steady() - age;
    telemetry_.log.info("flags.from_disk", {{"rulesets", std::ssize(kept->rulesets)}});
}

/// The third way by which news come, and the one that cannot be lost.
Task<> Feed::look_now_and_then() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    while (!is_stopping_) {
        bool is_well = true;
        try {
            co_await look(trace.begin(std::nullopt, 0));
        } catch (const pg::Fault& fault) {
            is_well = false;
            // Once for each outage.
            if (was_well_) telemetry_.log.warn("flags.look", {{"reason", fault.what()}});
        }
        was_well_ = is_well;
        const auto tenth = static_cast<std::uint64_t>(options_.poll_period.count() / 10 + 1);
        const auto less = static_cast<std::int64_t>(telemetry_.random.number() % tenth);
        co_await pausing_.wait(options_.poll_period - milliseconds(less));
    }
}

Task<> Feed::look(trace::Context context) {
    const SteadyTime asked_at = telemetry_.clock.steady();
    bool is_current = true;
    Versions versions;
    for (const Published& published : co_await read_published(db_, context)) {
        ids_[published.environment] = published.id;
        versions[published.environment] = published.version;
        const Shown shown = ground_.shelf.find(published.environment);
        const std::int64_t have = shown ? shown->version : 0;
        if (published.version > have) {
            is_current = false;
            want(published.environment, published.version);
        }
    }
    ground_.shelf.know(std::move(versions));
    if (is_current) current_at_ = asked_at;
}

/// "production:12", from either side.
void Feed::hear(std::string_view news) {
    const auto colon = news.rfind(':');
    if (colon == news.npos) return;
    const auto version = parse_number<std::int64_t>(news.substr(colon + 1));
    if (version) want(news.substr(0, colon), *version);
}

void Feed::want(std::string_view environment, std::int64_t version) {
    const Shown shown = ground_.shelf.find(environment);
    if (shown && shown->version >= version) return;
    const auto refused = refused_.find(environment);
    if (refused != refused_.end() && refused->second >= version) return;
    std::int64_t& wanted = wanted_[std::string(environment)];
    wanted = std::max(wanted, version);
    wake(wanting_);
}

/// One after the other: what is asked for twice meanwhile is fetched once.
Task<> Feed::take_wanted() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    while (!is_stopping_) {
        if (wanted_.empty()) co_await wanting_.wait(options_.poll_period);
        if (wanted_.empty() || is_stopping_) continue;
        const auto [environment, version] = *wanted_.begin();
        wanted_.erase(wanted_.begin());
        try {
            co_await take(trace.begin(std::nullopt, 0), environment, version);
        } catch (const pg::Fault& fault) {
            // The next look asks again.
            telemetry_.log.warn("flags.take", {{"reason", fault.what()}});
        }
    }
}

Task<> Feed::take(trace::Context context, std::string environment, std::int64_t version) {
    const Shown here = ground_.shelf.find(environment);
    if (here && here->version >= version) co_return;  // heard twice
    auto printed = co_await fetch(context, environment, version);
    if (!printed || printed->version < version) co_return;  // not there yet; the next look asks
    const std::int64_t found = printed->version;
    if (!co_await show(context, *std::move(printed))) {
        refused_[environment] = found;
        co_return;
    }
    const Shown shown = ground_.shelf.find(environment);
    if (!shown) co_return;
    for (const Held& list : shown->lists) co_await write_list(redis_, context, list);
    co_await write_copy(redis_, context, shown);
    if (options_.folder.empty()) co_return;
    const bool is_kept = (co_await loop_.blocking([folder = options_.folder,
                                                   node = options_.node,
                                                   now = telemetry_.clock.now(),
                                                   all = ground_.shelf.all()] {
                             return keep(folder, node, now, all);
                         })).value_or(true);
    if (!is_kept) telemetry_.log.warn("flags.disk", {{"folder", options_.folder}});
}

Task<std::optional<Printed>> Feed::fetch(
    trace::Context context, std::string environment, std::int64_t version
) {
    auto copied = co_await read_copy(redis_, context, environment);
    if (copied && copied->version >= version) {
        meter_.hit();
        co_return copied;
    }
    meter_.miss();
    co_return co_await read_newest(db_, context, std::move(environment));
}

/// False for what cannot be evaluated: it leaves the last one where it is. What cannot be had now
/// is asked for again by the next look.
Task<bool> Feed::show(trace::Context context, Printed printed) {
    const std::string environment = printed.environment;
    const std::int64_t version = printed.version;
    auto unpacked =
        co_await loop_.blocking([printed = std::move(printed)] { return unpack(printed); });
    if (!unpacked) co_return true;  // too much at once
    if (!*unpacked) {
        refuse(environment, version, unpacked->error());
        co_return false;
    }
    const auto lists = co_await gather(context, (*unpacked)->lists);
    if (!lists) co_return true;
    auto bound = co_await loop_.blocking([unpacked = **std::move(unpacked), lists = *lists] {
        return bind(unpacked, lists);
    });
    if (!bound) co_return true;
    if (!*bound) {
        refuse(environment, version, bound->error());
        co_return false;
    }
    const Shown& shown = **bound;
    // Who sees it on the shelf asks for an evaluation by it.
    ground_.depot.put(shown->snapshot);
    if (ground_.shelf.put(shown)) {
        telemetry_.log.info("flags.new", {{"environment", environment}, {"version", version}});
    }
    co_return true;
}

void Feed::refuse(std::string_view environment, std::int64_t version, const Error& error) {
    telemetry_.log.error(
        "flags.refused",
        {{"environment", environment}, {"version", version}, {"reason", error.message}}
    );
}

/// nullopt unless all are there.
Task<std::optional<std::vector<Held>>> Feed::gather(
    trace::Context context, std::vector<std::string> ids
) {
    std::vector<Held> lists;
    for (const std::string& id : ids) {
        Held list = find_held(id);
        if (!list) list = co_await fetch_list(context, id);
        if (!list) {
            telemetry_.log.warn("flags.no_list", {{"list", id}});
            co_return std::nullopt;
        }
        lists.push_back(std::move(list));
    }
    co_return lists;
}

/// null unless an edition that is shown has it.
Held Feed::find_held(std::string_view id) const {
    for (const Shown& edition : ground_.shelf.all()) {
        const auto found = std::ranges::find(edition->lists, id, &List::id);
        if (found != edition->lists.end()) return *found;
    }
    return nullptr;
}

/// null when it is not to be had: PostgreSQL cannot be asked, or a newer rule set has another.
Task<Held> Feed::fetch_list(trace::Context context, std::string id) {
    if (!options_.folder.empty()) {
        auto kept = co_await loop_.blocking([folder = options_.folder, id] {
            return read_kept_list(folder, id);
        });
        if (Held list = co_await opened(id, std::move(kept).value_or(std::nullopt))) co_return list;
    }
    if (Held list = co_await opened(id, co_await read_list(redis_, context, id))) co_return list;
    std::optional<std::string> published;
    try {
        published = co_await read_list(db_, context, id);
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("flags.list", {{"list", id}, {"reason", fault.what()}});
    }
    co_return co_await opened(std::move(id), std::move(published));
}

/// null for what is not that list, such as a file that was cut.
Task<Held> Feed::opened(std::string id, std::optional<std::string> packed) {
    if (!packed) co_return nullptr;
    auto list = co_await loop_.blocking([id = std::move(id), packed = *std::move(packed)] {
        return open_list(id, packed);
    });
    if (!list || !*list) co_return nullptr;
    co_return **std::move(list);
}

/// Who leads keeps the copies alive, as long as they are known to be the newest: what nobody can
/// vouch for is gone from Redis after 30 seconds.
Task<> Feed::keep_copies() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    while (!is_stopping_) {
        const auto context = trace.begin(std::nullopt, 0);
        const bool is_known = telemetry_.clock.steady() - current_at_ < lead_age_max;
        for (const Shown& shown : ground_.shelf.all()) {
            if (!is_known || is_stopping_) break;
            if (!co_await lead(redis_, context, shown->environment, options_.node)) continue;
            for (const Held& list : shown->lists) co_await write_list(redis_, context, list);
            co_await write_copy(redis_, context, shown);
        }
        co_await pausing_.wait(options_.lead_period);
    }
}

Task<> Feed::keep_counts() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    while (!is_stopping_) {
        co_await pausing_.wait(options_.count_period);
        co_await counts_.write(trace.begin(std::nullopt, 0), ids_);
    }
}

}  // namespace acme::flag_feed
