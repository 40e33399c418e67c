#pragma once

/// The traffic itself: requests that begin at their time, whether or not the ones before have
/// ended, until the time is over or stop().
///
/// Of a hundred requests ten store a small file, and as many files as keep their number at
/// files_max are deleted; once a second somebody signs in, and out again; the rest reads.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "io/telemetry/telemetry.hpp"
#include "operate/load/tally.hpp"
#include "operate/smoke/visitor.hpp"

#include <deque>

namespace acme::load {

struct Options {
    std::string url;        // an origin
    std::int64_t rps = 50;  // requests a second
    std::chrono::seconds time{30};
    std::string path = "";    // only this is asked for, by GET and POST, and nobody signs in
    bool only_reads = false;  // with a path: by GET alone

    static constexpr std::int64_t rps_max = 5'000;
    static constexpr std::chrono::seconds time_max{3'600};
    static constexpr std::size_t in_flight_max = 1'024;
    static constexpr std::size_t files_max = 64;
    static constexpr std::chrono::milliseconds answer_time_max{10'000};
    static constexpr std::chrono::milliseconds clean_up_time_max{20'000};
};

class Traffic {
public:
    /// `telemetry` outlives it.
    Traffic(Telemetry& telemetry, Options options, smoke::MakeAccount make_account);
    ~Traffic();
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    /// An account, a session, and a file to read. Nothing of it is counted. Errors: those of
    /// MakeAccount, and load.no_answer, load.refused (unavailable).
    Task<Result<>> prepare(trace::Context context);

    /// Returns when the last request has ended, at most answer_time_max after the last was begun.
    Task<> run();

    /// Ends run() early: nothing new begins.
    void stop();

    /// Deletes the account's files, also those of earlier runs that were killed, and signs out.
    /// Returns what could not be done; "" for nothing. Twice is harmless.
    Task<std::string> clean_up(trace::Context context);

    const Tally& tally() const { return tally_; }
    std::size_t in_flight() const { return tasks_.size(); }
    std::chrono::milliseconds ran_for() const;
    bool is_stopped() const { return is_stopping_; }

private:
    Kind next_kind(SteadyTime due);
    void begin(const Executor& executor, SteadyTime due);
    Task<> carry_out(Kind kind, SteadyTime due);
    Task<Outcome> perform(trace::Context context, Kind kind);
    smoke::Ask ask_for(Kind kind);
    smoke::Ask read_something();
    smoke::Ask store_something();
    Task<smoke::Answer> sign_in(trace::Context context);
    Task<> sign_out(smoke::Visitor guest, SteadyTime due);
    Task<bool> delete_page(trace::Context context);
    Task<smoke::Answer> ask_patiently(trace::Context context, smoke::Ask ask);
    std::chrono::microseconds since(SteadyTime time) const;

    Telemetry& telemetry_;
    Options options_;
    smoke::MakeAccount make_account_;
    fetch::Client fetch_;
    smoke::Visitor visitor_;
    smoke::Account account_;
    TaskGroup tasks_;
    Tally tally_;
    std::deque<std::string> files_;  // ids, the oldest first
    SteadyTime begun_{};
    SteadyTime ended_{};
    SteadyTime signed_in_{};
    bool is_signing_in_ = false;
    bool is_stopping_ = false;
    Line<bool> pausing_;
};

}  // namespace acme::load
