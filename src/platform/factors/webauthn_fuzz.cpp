// What a browser sends of a passkey may be anybody's bytes: a challenge, a credential, or nothing.
#include "base/hash.hpp"
#include "platform/factors/challenges.hpp"
#include "platform/factors/steps.hpp"
#include "platform/factors/webauthn.hpp"

#include <cstdint>
#include <tuple>

namespace acme::factors {
namespace {

/// Beginning with the right party, so that what follows is read at all.
std::string of(const Party& party, const std::string& rest) { return sha256(party.id) + rest; }

void try_all(const std::string& text) {
    const Party party = Party::of_url("https://app.example.com");
    std::ignore = Party::of_url(text);
    std::ignore = challenge_in(text, "webauthn.get", party);
    const NewCredential made{.id = "AA", .client_data = "", .authenticator_data = of(party, text)};
    std::ignore = read_credential(made, party);
    const Assertion assertion{
        .id = "AA",
        .client_data = "{}",
        .authenticator_data = of(party, text),
        .signature = text,
    };
    for (const int algorithm : {algorithm_es256, algorithm_rs256, algorithm_eddsa}) {
        const Credential credential{.algorithm = algorithm, .public_key = text};
        std::ignore = check(assertion, credential, party, false);
    }
    const SystemClock clock;
    const Secret keys("only-for-tests-0123456789-abcdefghi");
    std::ignore = Challenges(keys, clock).expiry_of(text, "sign in");
    std::ignore = Steps(keys, clock).read(text, Use::sign_in);
}

}  // namespace
}  // namespace acme::factors

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    acme::factors::try_all(std::string(data, data + size));
    return 0;
}
