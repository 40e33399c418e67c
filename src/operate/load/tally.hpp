#pragma once

/// What became of the requests: counts and latencies by release and by kind, as a table and as
/// JSON.

#include "operate/load/latencies.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace acme::load {

/// What a request is for.
enum class Kind : std::uint8_t { read, upload, remove, sign_in, sign_out };
std::string_view name_of(Kind kind);

/// One request that has ended. It failed when there was no answer, or one of 500 and above: also a
/// 503 that says when to come back, for that is no answer to what was asked (C-9).
struct Outcome {
    Kind kind = Kind::read;
    int status = 0;                // 0: no answer
    std::string release = "none";  // that answered
    std::string_view fault = "";   // why there is no answer: "time-out"; a literal

    bool has_failed() const { return status == 0 || status >= 500; }
};

class Tally {
public:
    static constexpr std::size_t releases_max = 32;  // more are "others"

    /// `late_by`: how long after its time it was begun. `took`: from its time to its end.
    void begin(std::chrono::microseconds late_by) { lateness_.add(late_by); }
    void end(const Outcome& outcome, std::chrono::microseconds took);

    /// Its time came while as many as may be under way were so.
    void skip() { ++not_sent_; }

    std::uint64_t begun() const { return lateness_.count(); }
    std::uint64_t ended() const { return all_.latencies.count(); }
    std::uint64_t failed() const { return all_.failed; }
    std::uint64_t not_sent() const { return not_sent_; }
    const Latencies& latencies() const { return all_.latencies; }

    /// "no connection: 3, status 503: 2"; "" when none failed.
    std::string failures() const;

    boost::json::object to_json() const;

    /// Lines for a person.
    std::vector<std::string> table() const;

private:
    struct Row {
        Latencies latencies;
        std::uint64_t failed = 0;

        void add(const Outcome& outcome, std::chrono::microseconds took);
        boost::json::object to_json() const;
        std::string line(std::string_view name) const;
    };

    Row all_;
    std::map<std::string, Row, std::less<>> releases_;
    std::map<Kind, Row> kinds_;
    std::map<std::string, std::uint64_t, std::less<>> failures_;  // "status 500", "time-out"
    std::map<int, std::uint64_t> statuses_;
    Latencies lateness_;
    std::uint64_t not_sent_ = 0;
};

}  // namespace acme::load
