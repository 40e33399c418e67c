// What a provider, or somebody in its name, may answer with.
#include "platform/identities/discovery.hpp"
#include "platform/identities/id_token.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme::identities;
    const std::string text(data, data + size);
    const std::string line = text.substr(0, text.find('\n'));
    const auto keys = KeySet::parse(line);
    const auto document = parse_discovery(line, "https://issuer.example");
    if (document && !document->token_endpoint.starts_with("http")) std::abort();
    if (!keys || line.size() == text.size()) return 0;
    const auto person = verify_id_token(
        text.substr(line.size() + 1),
        *keys,
        {.issuer = "https://issuer.example", .client_id = "client", .nonce = "nonce", .now = {}}
    );
    // Nobody has signed anything with a key of which only the fuzzer knows.
    if (person && person->subject.empty()) std::abort();
    return 0;
}
