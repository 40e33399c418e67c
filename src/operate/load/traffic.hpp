#pragma once

/// The traffic itself: requests that begin at their time, whether or not the ones before have
/// ended, until the time is over or stop().
///
/// Of a hundred requests ten store a small file, and as many files as keep their number at
/// files_max are deleted; every other second somebody signs in, and out again; the rest reads.
///
/// The platform limits what one user may ask for, so the requests are those of many: each sends
/// rps_per_user at most.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "io/telemetry/telemetry.hpp"
#include "operate/load/tally.hpp"
#include "operate/smoke/visitor.hpp"

#include <deque>
#include <functional>
#include <vector>

namespace acme::load {

struct Options {
    std::string url;        // an origin
    std::int64_t rps = 50;  // requests a second
    std::chrono::seconds time{30};
    std::string path = "";    // only this is asked for, by GET and POST, and nobody signs in
    bool only_reads = false;  // with a path: by GET alone

    static constexpr std::int64_t rps_max = 5'000;
    static constexpr std::int64_t rps_per_user = 5;  // half of what RATE_LIMIT_PER_MIN allows
    static constexpr std::chrono::seconds time_max{3'600};
    static constexpr std::size_t in_flight_max = 1'024;
    static constexpr std::size_t files_max = 64;
    static constexpr std::chrono::milliseconds answer_time_max{10'000};
    static constexpr std::chrono::milliseconds clean_up_time_max{20'000};
};

/// Sessions of so many users, each as the cookie "name=value": made past the front door, where
/// few may sign in at a time from one address. Of those that earlier runs had beyond them the files
/// are removed.
using MakeCrowd =
    std::function<Task<Result<std::vector<std::string>>>(trace::Context, std::size_t count)>;

class Traffic {
public:
    /// `telemetry` outlives it. Without `make_crowd` all comes from the one account.
    Traffic(
        Telemetry& telemetry,
        Options options,
        smoke::MakeAccount make_account,
        MakeCrowd make_crowd = nullptr
    );
    ~Traffic();
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    /// An account, the crowd, their sessions, and a file to read. Nothing of it is counted. Errors:
    /// those of MakeAccount, and load.no_answer, load.refused (unavailable).
    Task<Result<>> prepare(trace::Context context);

    /// Returns when the last request has ended, at most answer_time_max after the last was begun.
    Task<> run();

    /// Ends run() early: nothing new begins.
    void stop();

    /// Deletes the files of all of them, also those of earlier runs that were killed, and signs
    /// out. Returns what could not be done; "" for nothing. Twice is harmless.
    Task<std::string> clean_up(trace::Context context);

    const Tally& tally() const { return tally_; }
    std::size_t in_flight() const { return tasks_.size(); }
    std::chrono::milliseconds ran_for() const;
    bool is_stopped() const { return is_stopping_; }

private:
    struct File {
        std::string id;
        std::size_t owner;  // place in visitors_
    };

    /// One request of one of the visitors.
    struct Errand {
        smoke::Ask ask;
        std::size_t who = 0;
    };

    Task<Result<>> gather(trace::Context context);
    Kind next_kind(SteadyTime due);
    void begin(const Executor& executor, SteadyTime due);
    Task<> carry_out(Kind kind, SteadyTime due);
    Task<Outcome> perform(trace::Context context, Kind kind);
    Errand errand_for(Kind kind);
    Errand read_something();
    smoke::Ask store_something();
    Task<smoke::Answer> sign_in(trace::Context context);
    Task<> sign_out(smoke::Visitor guest, SteadyTime due);
    std::size_t next_visitor() { return turn_++ % visitors_.size(); }
    Task<bool> delete_page(trace::Context context, smoke::Visitor& visitor);
    Task<smoke::Answer> ask_patiently(
        trace::Context context, smoke::Visitor& visitor, smoke::Ask ask
    );
    std::chrono::microseconds since(SteadyTime time) const;

    Telemetry& telemetry_;
    Options options_;
    smoke::MakeAccount make_account_;
    MakeCrowd make_crowd_;
    fetch::Client fetch_;
    std::vector<smoke::Visitor> visitors_;  // the account's, then the crowd; whole after prepare()
    std::size_t turn_ = 0;
    smoke::Account account_;
    TaskGroup tasks_;
    Tally tally_;
    std::deque<File> files_;  // the oldest first
    SteadyTime begun_{};
    SteadyTime ended_{};
    SteadyTime signed_in_{};
    bool is_signing_in_ = false;
    bool is_stopping_ = false;
    Line<bool> pausing_;
};

}  // namespace acme::load
