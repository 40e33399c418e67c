#pragma once

/// One lease: the right to be the only one who does something, for a while.
///
/// The time is the database's, so clocks of nodes need not agree. Holding it is no proof that one
/// still holds it a moment later: what must not happen twice asks check() in its own transaction.

#include "io/pg/database.hpp"

namespace acme::lease {

class Lease {
public:
    /// `name` is what is held, `holder` this process: for people, and different for each process.
    Lease(
        std::string name,
        std::string holder,
        std::chrono::milliseconds time_max,
        pg::Database& db,
        const Clock& clock
    );

    /// Takes it if nobody holds it. True if it is held now; the epoch has then grown by one.
    Task<bool> acquire(trace::Context context);

    /// Puts the end off by the whole time. False: somebody else has it, and it is held no more.
    Task<bool> renew(trace::Context context);

    /// Gives it up at once, so that the next one need not wait for its end. Twice is harmless.
    Task<> release(trace::Context context);

    /// Whether this epoch still stands, and goes on to stand until `transaction` ends: nobody can
    /// take the lease before. False: somebody else has it; drop the transaction. Between two of its
    /// statements no more than half of the lease's time may pass, or the server ends it.
    Task<bool> check(pg::Transaction& transaction, trace::Context context);

    /// What the holder last knew.
    bool is_held() const { return epoch_ != 0; }
    std::int64_t epoch() const { return epoch_; }  // 0 when not held

private:
    std::string name_;
    std::string holder_;
    std::int64_t time_max_ms_;
    pg::Database& db_;
    const Clock& clock_;
    std::int64_t epoch_ = 0;
};

}  // namespace acme::lease
