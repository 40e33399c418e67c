#pragma once

/// Speaks to providers. What one says of itself, and its keys, are kept for an hour; a provider
/// that does not answer is left alone for a moment, so that nobody waits for it in a row. One a
/// thread.

#include "base/result.hpp"
#include "io/fetch/fetch.hpp"
#include "platform/identities/discovery.hpp"
#include "platform/identities/flights.hpp"
#include "platform/identities/id_token.hpp"
#include "platform/identities/provider.hpp"

#include <vector>

namespace acme::identities {

inline constexpr std::chrono::hours kept_for{1};
inline constexpr std::chrono::seconds pause_after_fault{5};
inline constexpr std::chrono::seconds keys_asked_every{30};  // for a key that we do not know
inline constexpr std::size_t answer_bytes_max = std::size_t{256} * 1024;

class Remote {
public:
    /// `base_url` is where browsers reach this platform, without a slash at its end.
    Remote(
        std::vector<Provider> providers,
        std::string base_url,
        fetch::Client& fetch,
        Telemetry& telemetry
    );

    struct Known {
        Provider provider;
        std::optional<Discovery> discovery = std::nullopt;
        WallTime discovered_at = {};
        std::optional<KeySet> keys = std::nullopt;
        WallTime keys_at = {};
        std::optional<WallTime> failed_at = std::nullopt;
    };

    /// In the order in which they were given.
    const std::vector<Known>& providers() const { return known_; }

    /// nullptr for one that is not configured. Holds as long as this.
    Known* find(std::string_view name);

    /// Where a browser goes to sign in there. Errors: identities.provider_unavailable
    /// (unavailable).
    Task<Result<std::string>> address_for(
        trace::Context context, Known& provider, const Flight& flight
    );

    /// What a browser brought back.
    struct Return {
        std::string code;
        std::string issuer;  // `iss`, "" for none
    };

    /// Whom the code means. Errors: identities.provider_unavailable (unavailable);
    /// identities.code_refused, identities.token_invalid (unauthenticated), the latter also when
    /// another issuer sent the browser back.
    Task<Result<Person>> redeem(
        trace::Context context, Known& provider, const Flight& flight, Return brought
    );

private:
    struct Answer {
        int status = 0;
        std::string body;
    };

    std::string callback_of(const Known& provider) const;
    Task<std::optional<Answer>> ask(
        trace::Context context, Known& provider, fetch::Request request
    );
    Task<Result<Discovery>> discover(trace::Context context, Known& provider);
    Task<Result<>> fetch_keys(trace::Context context, Known& provider, const Discovery& discovery);
    Task<Result<Answer>> exchange(
        trace::Context context,
        Known& provider,
        const Discovery& discovery,
        const Flight& flight,
        std::string code
    );
    Task<Result<Person>> believe(
        trace::Context context,
        Known& provider,
        const Discovery& discovery,
        const Flight& flight,
        std::string token
    );
    Task<Person> complete(
        trace::Context context,
        Known& provider,
        const Discovery& discovery,
        Person person,
        std::string access_token
    );

    std::vector<Known> known_;
    std::string base_url_;
    fetch::Client& fetch_;
    Telemetry& telemetry_;
};

}  // namespace acme::identities
