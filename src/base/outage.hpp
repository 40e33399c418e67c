#pragma once

namespace acme {

/// Marks an exception as a server that we need and that is lost or too slow, which passes by
/// itself. Whoever asked is told to come back (503 with Retry-After), not that something broke.
class Outage {
public:
    virtual ~Outage() = default;

protected:
    Outage() = default;
    Outage(const Outage&) = default;
    Outage& operator=(const Outage&) = default;
};

}  // namespace acme
