#pragma once

/// What the smoke suite checks, one function each, and what they made. Private to operate/smoke.

#include "operate/smoke/smoke.hpp"

#include <span>

namespace acme::smoke {

class Checks {
public:
    /// Returns what was seen, in a few words. Errors: smoke.unmet (unavailable), with the reason;
    /// throws fetch::Fault and whatever MakeAccount throws. Tried twice, it begins anew.
    using Function = Task<Result<std::string>> (Checks::*)(trace::Context);

    struct Listed {
        std::string_view name;
        Function check;
        bool needs_session = false;
        bool needs_tls = false;
    };

    /// In the order in which they are made.
    static std::span<const Listed> all();

    /// `parts` outlives it.
    Checks(Parts& parts, Options options);

    /// Why a check cannot be made at all; "" when it can.
    std::string reason_to_skip(const Listed& listed) const;

    /// Removes what the checks made, and files that a killed run left, and signs out; tries until
    /// it is cancelled. Returns what was refused; "" for nothing.
    Task<std::string> clean_up(trace::Context context);

private:
    Task<Result<std::string>> ready(trace::Context context);
    Task<Result<std::string>> tls(trace::Context context);
    Task<Result<std::string>> sign_in(trace::Context context);
    Task<Result<std::string>> limit(trace::Context context);
    Task<Result<std::string>> release(trace::Context context);
    Task<Result<std::string>> file(trace::Context context);
    Task<Result<std::string>> job(trace::Context context);
    Task<Result<std::string>> leader(trace::Context context);
    Task<Result<std::string>> flag(trace::Context context);

    Task<Result<int>> count_nodes(trace::Context context);
    Task<std::string> clean_up_once(trace::Context context);
    bool is_ours_to_remove(const boost::json::value& file) const;

    Parts& parts_;
    Options options_;
    fetch::Client fetch_;
    Visitor visitor_;
    std::string run_;  // "smoke-0f…": how this run's files begin
    std::vector<std::string> pings_;
};

}  // namespace acme::smoke
