#pragma once

/// The public keys of a provider. Sources: RFC 7517 (JWK), RFC 7518, 3 and 6 (RS256, ES256).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace acme::identities {

/// The algorithms that we believe: a list of ours, never the token's choice.
enum class Algorithm : std::uint8_t { rs256, es256 };

std::optional<Algorithm> algorithm_of(std::string_view name);

class KeySet {
public:
    static constexpr std::size_t keys_max = 64;

    /// Keys of other kinds, sizes and uses are left out; nullopt for what is no set of keys.
    static std::optional<KeySet> parse(std::string_view json);

    enum class Finding : std::uint8_t { good, wrong, no_key };

    /// Whether a key of that id has signed it; where the token names none, whether the only key
    /// that could have has.
    Finding has_signed(
        Algorithm algorithm,
        std::string_view key_id,
        std::string_view text,
        std::string_view signature
    ) const;

    std::size_t size() const { return keys_.size(); }

private:
    struct Key {
        std::string id;  // "" for none
        Algorithm algorithm;
        std::shared_ptr<evp_pkey_st> key;
    };

    std::vector<Key> keys_;
};

}  // namespace acme::identities
