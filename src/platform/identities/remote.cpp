#include "platform/identities/remote.hpp"

#include "base/base64.hpp"
#include "io/http/json.hpp"
#include "platform/identities/address.hpp"
#include "platform/identities/claims.hpp"

#include <algorithm>

namespace acme::identities {
namespace {

constexpr std::chrono::milliseconds connect_time_max{3'000};
constexpr std::chrono::milliseconds answer_time_max{5'000};

std::unexpected<Error> unavailable() {
    return refuse(
        ErrorKind::unavailable,
        "identities.provider_unavailable",
        "The provider does not answer as it should. Try later, or sign in another way."
    );
}

std::unexpected<Error> invalid_token() {
    return refuse(
        ErrorKind::unauthenticated,
        "identities.token_invalid",
        "What the provider says of you cannot be verified."
    );
}

void append(std::string& form, std::string_view name, std::string_view value) {
    if (!form.empty()) form += '&';
    form.append(name).append("=").append(query_encoded(value));
}

}  // namespace

Remote::Remote(
    std::vector<Provider> providers,
    std::string base_url,
    fetch::Client& fetch,
    Telemetry& telemetry
)
    : base_url_(std::move(base_url)), fetch_(fetch), telemetry_(telemetry) {
    for (Provider& provider : providers) known_.push_back({.provider = std::move(provider)});
}

Remote::Known* Remote::find(std::string_view name) {
    const auto found = std::ranges::find_if(known_, [&](const Known& known) {
        return known.provider.name == name;
    });
    return found == known_.end() ? nullptr : &*found;
}

std::string Remote::callback_of(const Known& provider) const {
    return base_url_ + "/v1/auth/oidc/" + provider.provider.name + "/callback";
}

/// nullopt when there is no answer, or one of a fault: both are the provider's.
Task<std::optional<Remote::Answer>> Remote::ask(
    trace::Context context, Known& provider, fetch::Request request
) {
    request.connect_time_max = connect_time_max;
    request.answer_time_max = answer_time_max;
    request.silence_time_max = answer_time_max;
    request.headers.emplace_back("Accept", "application/json");
    const std::string name(request.name);
    Answer answer;
    std::string reason;
    try {
        auto response = co_await fetch_.send(context, std::move(request));
        answer.status = response.status();
        answer.body = co_await response.read_all(answer_bytes_max);
        if (answer.status >= 500) reason = "status " + std::to_string(answer.status);
    } catch (const fetch::Fault& fault) {
        reason = fault.what();
    }
    if (reason.empty()) co_return answer;
    telemetry_.log.write(
        LogLevel::warn,
        "identities.provider",
        context,
        {{"provider", provider.provider.name}, {"request", name}, {"reason", reason}}
    );
    provider.failed_at = telemetry_.clock.now();
    co_return std::nullopt;
}

/// What was said before stays good while the provider does not say it again.
Task<Result<Discovery>> Remote::discover(trace::Context context, Known& provider) {
    const WallTime now = telemetry_.clock.now();
    if (provider.discovery && now - provider.discovered_at < kept_for) {
        co_return *provider.discovery;
    }
    const bool is_left_alone = provider.failed_at && now - *provider.failed_at < pause_after_fault;
    std::optional<Answer> answer;
    if (!is_left_alone) {
        fetch::Request request{
            .name = "identities.discover", .url = discovery_url(provider.provider.issuer)
        };
        answer = co_await ask(context, provider, std::move(request));
    }
    std::optional<Discovery> fresh;
    if (answer && answer->status == 200) {
        fresh = parse_discovery(answer->body, provider.provider.issuer);
    }
    if (fresh) {
        provider.discovery = fresh;
        provider.discovered_at = now;
    } else if (answer) {
        telemetry_.log.write(
            LogLevel::warn,
            "identities.provider",
            context,
            {{"provider", provider.provider.name},
             {"request", "identities.discover"},
             {"reason", "the document is none that we can go by"}}
        );
    }
    if (!provider.discovery) co_return unavailable();
    co_return *provider.discovery;
}

Task<Result<>> Remote::fetch_keys(
    trace::Context context, Known& provider, const Discovery& discovery
) {
    const auto answer = co_await ask(
        context, provider, {.name = "identities.fetch_keys", .url = discovery.jwks_uri}
    );
    provider.keys_at = telemetry_.clock.now();
    if (!answer || answer->status != 200) co_return unavailable();
    auto keys = KeySet::parse(answer->body);
    if (!keys) co_return unavailable();
    provider.keys = std::move(keys);
    co_return done;
}

Task<Result<std::string>> Remote::address_for(
    trace::Context context, Known& provider, const Flight& flight
) {
    const Discovery discovery = ACME_TRY(co_await discover(context, provider));
    std::string query;
    append(query, "response_type", "code");
    append(query, "client_id", provider.provider.client_id);
    append(query, "redirect_uri", callback_of(provider));
    append(query, "scope", "openid email profile");
    append(query, "state", flight.state);
    append(query, "nonce", flight.nonce);
    append(query, "code_challenge", challenge_of(flight.verifier));
    append(query, "code_challenge_method", "S256");
    const bool has_query = discovery.authorization_endpoint.contains('?');
    co_return discovery.authorization_endpoint + (has_query ? "&" : "?") + query;
}

/// Source: RFC 6749, 4.1.3 and 2.3.1, by which the halves of Basic are form-encoded.
Task<Result<Remote::Answer>> Remote::exchange(
    trace::Context context,
    Known& provider,
    const Discovery& discovery,
    const Flight& flight,
    std::string code
) {
    const Provider& own = provider.provider;
    std::string form;
    append(form, "grant_type", "authorization_code");
    append(form, "code", code);
    append(form, "redirect_uri", callback_of(provider));
    append(form, "code_verifier", flight.verifier);
    fetch::Request request{
        .name = "identities.exchange",
        .method = "POST",
        .url = discovery.token_endpoint,
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
    };
    if (discovery.takes_basic) {
        const std::string pair =
            query_encoded(own.client_id) + ":" + query_encoded(own.client_secret.reveal());
        request.headers.emplace_back("Authorization", "Basic " + to_base64(pair));
    } else {
        append(form, "client_id", own.client_id);
        append(form, "client_secret", own.client_secret.reveal());
    }
    request.body = form;
    auto answer = co_await ask(context, provider, std::move(request));
    wipe(form);
    if (!answer) co_return unavailable();
    co_return *std::move(answer);
}

Task<Result<Person>> Remote::redeem(
    trace::Context context, Known& provider, const Flight& flight, Return brought
) {
    const Discovery discovery = ACME_TRY(co_await discover(context, provider));
    const bool is_other = !brought.issuer.empty() && brought.issuer != provider.provider.issuer;
    if (is_other || (discovery.names_issuer && brought.issuer.empty())) {
        telemetry_.log.write(
            LogLevel::warn,
            "identities.token",
            context,
            {{"provider", provider.provider.name}, {"reason", "another issuer sent them back"}}
        );
        co_return invalid_token();
    }
    const Answer answer =
        ACME_TRY(co_await exchange(context, provider, discovery, flight, std::move(brought.code)));
    const auto object = http::parse_object(answer.body);
    if (answer.status != 200 || !object) {
        telemetry_.log.write(
            LogLevel::warn,
            "identities.provider",
            context,
            {{"provider", provider.provider.name},
             {"request", "identities.exchange"},
             {"reason", "status " + std::to_string(answer.status)}}
        );
        co_return refuse(
            ErrorKind::unauthenticated,
            "identities.code_refused",
            "The provider does not confirm this sign-in. Try again."
        );
    }
    Person person = ACME_TRY(
        co_await believe(context, provider, discovery, flight, text_in(*object, "id_token"))
    );
    co_return co_await complete(
        context, provider, discovery, std::move(person), text_in(*object, "access_token")
    );
}

/// A key that we do not know may be new: then the keys are asked for again, now and then.
Task<Result<Person>> Remote::believe(
    trace::Context context,
    Known& provider,
    const Discovery& discovery,
    const Flight& flight,
    std::string token
) {
    const WallTime now = telemetry_.clock.now();
    const Expected expected{
        .issuer = provider.provider.issuer,
        .client_id = provider.provider.client_id,
        .nonce = flight.nonce,
        .now = now,
    };
    if (!provider.keys || now - provider.keys_at >= kept_for) {
        const auto fetched = co_await fetch_keys(context, provider, discovery);
        if (!provider.keys) co_return std::unexpected(fetched.error());
    }
    auto person = verify_id_token(token, *provider.keys, expected);
    const bool may_be_new = !person && person.error() == Flaw::unknown_key;
    if (may_be_new && telemetry_.clock.now() - provider.keys_at >= keys_asked_every) {
        ACME_TRY(co_await fetch_keys(context, provider, discovery));
        person = verify_id_token(token, *provider.keys, expected);
    }
    if (person) co_return *std::move(person);
    telemetry_.log.write(
        LogLevel::warn,
        "identities.token",
        context,
        {{"provider", provider.provider.name}, {"reason", name_of(person.error())}}
    );
    co_return invalid_token();
}

/// Many say the address only to who asks with the access token. Without an answer the person is
/// known all the same.
Task<Person> Remote::complete(
    trace::Context context,
    Known& provider,
    const Discovery& discovery,
    Person person,
    std::string access_token
) {
    const bool is_whole = !person.email.empty() && !person.name.empty();
    if (is_whole || discovery.userinfo_endpoint.empty() || access_token.empty()) co_return person;
    fetch::Request request{
        .name = "identities.userinfo",
        .url = discovery.userinfo_endpoint,
        .headers = {{"Authorization", "Bearer " + access_token}},
    };
    const auto answer = co_await ask(context, provider, std::move(request));
    if (!answer || answer->status != 200) co_return person;
    auto told = parse_userinfo(answer->body, person.subject);
    if (!told) co_return person;
    if (person.email.empty()) {
        person.email = std::move(told->email);
        person.is_email_verified = told->is_email_verified;
    }
    if (person.name.empty()) person.name = std::move(told->name);
    co_return person;
}

}  // namespace acme::identities
