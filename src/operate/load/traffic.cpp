#include "operate/load/traffic.hpp"

#include "base/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace acme::load {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t uploads_per_hundred = 10;
// argon2id is meant to be expensive, and one address may sign in 60 times a minute.
constexpr std::chrono::seconds sign_in_period{2};
constexpr milliseconds pause_min{1};
constexpr milliseconds retry_pause{200};
constexpr std::size_t file_bytes = 1'024;

bool is_done_or_gone(int status) { return status < 300 || status == 404; }

Error no_answer(std::string_view what, const std::string& why) {
    return {
        .kind = ErrorKind::unavailable,
        .code = "load.no_answer",
        .message = std::string(what) + ": " + why + ".",
    };
}

}  // namespace

Traffic::Traffic(
    Telemetry& telemetry, Options options, smoke::MakeAccount make_account, MakeCrowd make_crowd
)
    : telemetry_(telemetry),
      options_(std::move(options)),
      make_account_(std::move(make_account)),
      make_crowd_(std::move(make_crowd)),
      fetch_(
          telemetry,
          {.transfers_max = Options::in_flight_max + 16,
           .idle_connections_max = Options::in_flight_max,
           .user_agent = "acme-load"}
      ),
      tasks_(telemetry.log) {
    visitors_.emplace_back(fetch_, options_.url);
}

Traffic::~Traffic() = default;

Task<Result<>> Traffic::prepare(trace::Context context) {
    if (!options_.path.empty()) co_return done;
    account_ = ACME_TRY(co_await make_account_(context));
    try {
        smoke::Visitor& first = visitors_.front();
        const auto signed_in = co_await first.sign_in(context, account_);
        const auto stored =
            signed_in.status == 200 ? co_await first.ask(context, store_something()) : signed_in;
        if (stored.status == 201) {
            files_.push_back({smoke::text_in(stored.body, "id"), 0});
            co_return co_await gather(context);
        }
        const std::string status = std::to_string(stored.status);
        const std::string_view what = signed_in.status == 200 ? "Storing a file" : "Signing in";
        co_return refuse(
            ErrorKind::unavailable,
            "load.refused",
            std::string(what) + " was answered " + status + "."
        );
    } catch (const fetch::Fault& fault) {
        co_return std::unexpected(no_answer(options_.url, fault.what()));
    }
}

/// As many more as the rate needs.
Task<Result<>> Traffic::gather(trace::Context context) {
    const auto more = static_cast<std::size_t>((options_.rps - 1) / Options::rps_per_user);
    if (!make_crowd_) co_return done;
    const auto cookies = ACME_TRY(co_await make_crowd_(context, more));
    for (const std::string& cookie : cookies) {
        visitors_.emplace_back(fetch_, options_.url).resume(cookie);
    }
    co_return done;
}

Task<> Traffic::run() {
    const Executor executor = co_await asio::this_coro::executor;
    begun_ = telemetry_.clock.steady();
    const std::int64_t planned = options_.rps * options_.time.count();
    std::int64_t next = 0;
    while (next < planned && !is_stopping_) {
        const SteadyTime due =
            begun_ + std::chrono::nanoseconds(next * 1'000'000'000 / options_.rps);
        const auto early = std::chrono::ceil<milliseconds>(due - telemetry_.clock.steady());
        if (early.count() > 0) {
            co_await pausing_.wait(std::max(early, pause_min));
        } else {
            begin(executor, due);
            ++next;
        }
    }
    co_await tasks_.join();
    ended_ = telemetry_.clock.steady();
}

void Traffic::stop() {
    is_stopping_ = true;
    while (!pausing_.empty()) pausing_.give(true);
}

milliseconds Traffic::ran_for() const {
    const SteadyTime until = ended_ == SteadyTime{} ? telemetry_.clock.steady() : ended_;
    return duration_cast<milliseconds>(until - begun_);
}

microseconds Traffic::since(SteadyTime time) const {
    return duration_cast<microseconds>(telemetry_.clock.steady() - time);
}

void Traffic::begin(const Executor& executor, SteadyTime due) {
    if (tasks_.size() >= Options::in_flight_max) return tally_.skip();
    tasks_.spawn(executor, "load.request", carry_out(next_kind(due), due));
}

Kind Traffic::next_kind(SteadyTime due) {
    const bool has_account = options_.path.empty();
    if (has_account && !is_signing_in_ && due - signed_in_ >= sign_in_period) {
        is_signing_in_ = true;
        signed_in_ = due;
        return Kind::sign_in;
    }
    if (options_.only_reads) return Kind::read;
    if (telemetry_.random.number() % 100 < uploads_per_hundred) return Kind::upload;
    return files_.size() > Options::files_max ? Kind::remove : Kind::read;
}

Task<> Traffic::carry_out(Kind kind, SteadyTime due) {
    tally_.begin(since(due));
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const auto context = trace.begin(std::nullopt, 0);
    Outcome outcome{.kind = kind};
    try {
        outcome = co_await perform(context, kind);
    } catch (const fetch::Fault& fault) {
        outcome.fault = smoke::words_for(fault.reason());
    }
    if (kind == Kind::sign_in) is_signing_in_ = false;
    tally_.end(outcome, since(due));
}

Task<Outcome> Traffic::perform(trace::Context context, Kind kind) {
    smoke::Answer answer;
    Errand errand;
    if (kind == Kind::sign_in) {
        answer = co_await sign_in(context);
    } else {
        errand = errand_for(kind);
        answer = co_await visitors_[errand.who].ask(context, std::move(errand.ask));
    }
    if (kind == Kind::upload && answer.status == 201) {
        files_.push_back({smoke::text_in(answer.body, "id"), errand.who});
    }
    co_return Outcome{.kind = kind, .status = answer.status, .release = std::move(answer.release)};
}

/// Whoever signs in for the count signs out again, so that no sessions pile up.
Task<smoke::Answer> Traffic::sign_in(trace::Context context) {
    smoke::Visitor guest(fetch_, options_.url);
    smoke::Answer answer = co_await guest.sign_in(context, account_);
    if (guest.is_signed_in()) {
        tasks_.spawn(
            co_await asio::this_coro::executor,
            "load.sign_out",
            sign_out(std::move(guest), telemetry_.clock.steady())
        );
    }
    co_return answer;
}

Task<> Traffic::sign_out(smoke::Visitor guest, SteadyTime due) {
    tally_.begin(since(due));
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    Outcome outcome{.kind = Kind::sign_out};
    try {
        smoke::Answer answer = co_await guest.sign_out(trace.begin(std::nullopt, 0));
        outcome.status = answer.status;
        outcome.release = std::move(answer.release);
    } catch (const fetch::Fault& fault) {
        outcome.fault = smoke::words_for(fault.reason());
    }
    tally_.end(outcome, since(due));
}

Traffic::Errand Traffic::errand_for(Kind kind) {
    if (!options_.path.empty()) {
        const bool stores = kind == Kind::upload;
        smoke::Ask ask{
            .name = "load.path",
            .method = stores ? "POST" : "GET",
            .path = options_.path,
            .body = stores ? std::string(file_bytes, 'x') : "",
        };
        return {std::move(ask), 0};
    }
    if (kind == Kind::upload) return {store_something(), next_visitor()};
    if (kind == Kind::read) return read_something();
    const File file = std::move(files_.front());
    files_.pop_front();
    return {
        {.name = "load.delete", .method = "DELETE", .path = "/v1/files/" + file.id}, file.owner
    };
}

/// Only the newer half of the files is read, so that none is deleted while it is.
Traffic::Errand Traffic::read_something() {
    const std::uint64_t chance = telemetry_.random.number();
    Errand errand{{.name = "load.read", .path = "/v1/me"}, next_visitor()};
    if (chance % 3 == 0) errand.ask.path = "/v1/files?limit=10";
    if (chance % 3 == 1 && !files_.empty()) {
        const std::size_t newer = std::max<std::size_t>(files_.size() / 2, 1);
        const std::size_t back = (chance >> 8) % newer;
        const File& file = files_[files_.size() - 1 - back];
        errand = {{.name = "load.read", .path = "/v1/files/" + file.id + "/content"}, file.owner};
    }
    return errand;
}

smoke::Ask Traffic::store_something() {
    std::string name;
    append_hex(name, telemetry_.random.number());
    return {
        .name = "load.upload",
        .method = "POST",
        .path = "/v1/files?name=load-" + name + ".txt",
        .body = name + std::string(file_bytes - name.size(), 'x'),
        .type = "text/plain",
    };
}

/// In clearing up a failure is no measurement: it is tried again, until the time is over.
Task<smoke::Answer> Traffic::ask_patiently(
    trace::Context context, smoke::Visitor& visitor, smoke::Ask ask
) {
    const SteadyTime begun = telemetry_.clock.steady();
    while (true) {
        const bool is_last = since(begun) > Options::clean_up_time_max / 2;
        try {
            smoke::Answer answer = co_await visitor.ask(context, ask);
            const bool is_refused = answer.status >= 500 || answer.status == 429;
            if (!is_refused || is_last) co_return answer;
        } catch (const fetch::Fault&) {
            if (is_last) throw;
        }
        co_await sleep_for(retry_pause);
    }
}

/// False when there was none left.
Task<bool> Traffic::delete_page(trace::Context context, smoke::Visitor& visitor) {
    const auto page = co_await ask_patiently(
        context, visitor, {.name = "load.list", .path = "/v1/files?limit=200"}
    );
    boost::system::error_code malformed;
    const auto json = boost::json::parse(page.body, malformed);
    const auto* const data =
        malformed || !json.is_object() ? nullptr : json.get_object().if_contains("data");
    if (page.status != 200 || data == nullptr || !data->is_array()) {
        throw std::runtime_error("the list of files was answered " + std::to_string(page.status));
    }
    for (const auto& file : data->get_array()) {
        const std::string id(file.at("id").as_string());
        const auto gone = co_await ask_patiently(
            context, visitor, {.name = "load.delete", .method = "DELETE", .path = "/v1/files/" + id}
        );
        if (!is_done_or_gone(gone.status)) {
            throw std::runtime_error("a deletion was answered " + std::to_string(gone.status));
        }
    }
    co_return !data->get_array().empty();
}

Task<std::string> Traffic::clean_up(trace::Context context) {
    std::string left;
    const SteadyTime begun = telemetry_.clock.steady();
    try {
        for (smoke::Visitor& visitor : visitors_) {
            if (!visitor.is_signed_in()) continue;
            while (co_await delete_page(context, visitor)) {
                if (since(begun) > Options::clean_up_time_max) throw std::runtime_error("too many");
            }
            co_await visitor.sign_out(context);
        }
    } catch (const std::exception& fault) {
        left = std::string("Files were left behind: ") + fault.what();
    }
    fetch_.close();
    co_return left;
}

}  // namespace acme::load
