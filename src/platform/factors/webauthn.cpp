#include "platform/factors/webauthn.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "platform/factors/small_cbor.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <bit>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <memory>
#include <new>

namespace acme::factors {
namespace {

constexpr std::size_t rp_hash_bytes = 32;
constexpr std::size_t head_bytes = 37;    // rp_hash, flags, sign_count
constexpr std::size_t aaguid_bytes = 16;  // and two of the length of the id
constexpr std::uint8_t flag_present = 0x01;
constexpr std::uint8_t flag_verified = 0x04;
constexpr std::uint8_t flag_has_key = 0x40;

template <class T, void (*free)(T**)>
struct Free {
    void operator()(T* object) const { free(&object); }
};
template <class T, void (*free)(T**)>
using Owned = std::unique_ptr<T, Free<T, free>>;

template <class Owner>
Owner must(Owner owner) {
    if (!owner) throw std::bad_alloc();
    return owner;
}

const unsigned char* in(std::string_view bytes) {
    return std::bit_cast<const unsigned char*>(bytes.data());
}

/// What libfido2 may be given: see small_cbor.hpp.
bool is_small(std::string_view authenticator_data) {
    if (authenticator_data.size() < head_bytes) return false;
    const auto flags = static_cast<std::uint8_t>(authenticator_data[rp_hash_bytes]);
    std::string_view rest = authenticator_data.substr(head_bytes);
    if ((flags & flag_has_key) == 0) return is_small_cbor(rest);
    if (rest.size() < aaguid_bytes + 2) return false;
    const auto high = static_cast<unsigned char>(rest[aaguid_bytes]);
    const auto low = static_cast<unsigned char>(rest[aaguid_bytes + 1]);
    rest.remove_prefix(aaguid_bytes + 2);
    const std::size_t id_bytes = high * std::size_t{256} + low;
    return id_bytes <= rest.size() && is_small_cbor(rest.substr(id_bytes));
}

bool is_of(const Party& party, std::string_view authenticator_data) {
    return is_small(authenticator_data) &&
           authenticator_data.substr(0, rp_hash_bytes) == sha256(party.id);
}

std::optional<Credential> read_as(int algorithm, const NewCredential& made) {
    using Made = Owned<fido_cred_t, fido_cred_free>;
    const auto credential = must(Made(fido_cred_new()));
    fido_cred_t* const c = credential.get();
    const std::string& data = made.authenticator_data;
    if (fido_cred_set_type(c, algorithm) != FIDO_OK) return std::nullopt;
    if (fido_cred_set_authdata_raw(c, in(data), data.size()) != FIDO_OK) return std::nullopt;
    const auto text = [](const unsigned char* bytes, std::size_t size) {
        return std::string(std::bit_cast<const char*>(bytes), size);
    };
    const bool is_present = (fido_cred_flags(c) & flag_present) != 0;
    if (!is_present || fido_cred_id_len(c) == 0 || fido_cred_pubkey_len(c) == 0) {
        return std::nullopt;
    }
    if (to_base64url(text(fido_cred_id_ptr(c), fido_cred_id_len(c))) != made.id) {
        return std::nullopt;
    }
    return Credential{
        .algorithm = algorithm,
        .public_key = text(fido_cred_pubkey_ptr(c), fido_cred_pubkey_len(c)),
        .sign_count = fido_cred_sigcount(c),
        .knows_holder = (fido_cred_flags(c) & flag_verified) != 0,
    };
}

bool is_signed(const fido_assert_t* assertion, const Credential& credential) {
    const std::string& bytes = credential.public_key;
    if (credential.algorithm == algorithm_es256) {
        const auto key = must(Owned<es256_pk_t, es256_pk_free>(es256_pk_new()));
        return es256_pk_from_ptr(key.get(), bytes.data(), bytes.size()) == FIDO_OK &&
               fido_assert_verify(assertion, 0, COSE_ES256, key.get()) == FIDO_OK;
    }
    if (credential.algorithm == algorithm_rs256) {
        const auto key = must(Owned<rs256_pk_t, rs256_pk_free>(rs256_pk_new()));
        return rs256_pk_from_ptr(key.get(), bytes.data(), bytes.size()) == FIDO_OK &&
               fido_assert_verify(assertion, 0, COSE_RS256, key.get()) == FIDO_OK;
    }
    const auto key = must(Owned<eddsa_pk_t, eddsa_pk_free>(eddsa_pk_new()));
    return eddsa_pk_from_ptr(key.get(), bytes.data(), bytes.size()) == FIDO_OK &&
           fido_assert_verify(assertion, 0, COSE_EDDSA, key.get()) == FIDO_OK;
}

/// "" where it is absent or no text.
std::string_view text_of(const boost::json::object& object, std::string_view key) {
    const auto* const value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) return "";
    return value->get_string();
}

bool is_numeric(std::string_view host) {
    const bool has_letters = std::ranges::any_of(host, [](char c) { return c >= 'a' && c <= 'z'; });
    return !has_letters || host.contains('[');
}

}  // namespace

Party Party::of_url(std::string_view url) {
    const auto scheme_end = std::min(url.find("://"), url.size());
    const auto host_begin = std::min(scheme_end + 3, url.size());
    const auto end = std::min(url.find('/', host_begin), url.size());
    std::string origin(url.substr(0, end));
    std::ranges::transform(origin, origin.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    const auto drop = [&](std::string_view scheme, std::string_view port) {
        if (!origin.starts_with(scheme) || !origin.ends_with(port)) return;
        origin.resize(origin.size() - port.size());
    };
    drop("https://", ":443");
    drop("http://", ":80");
    std::string host = origin.substr(std::min(host_begin, origin.size()));
    host.resize(std::min(host.find(':'), host.size()));
    if (is_numeric(host)) host.clear();
    return {.id = std::move(host), .origin = std::move(origin)};
}

std::optional<std::string> challenge_in(
    std::string_view client_data, std::string_view type, const Party& party
) {
    boost::json::error_code error;
    const auto parsed = boost::json::parse(client_data, error);
    const auto* const object = error ? nullptr : parsed.if_object();
    if (object == nullptr) return std::nullopt;
    const auto* const crossed = object->if_contains("crossOrigin");
    const bool is_crossed = crossed != nullptr && *crossed != boost::json::value(false);
    if (is_crossed || text_of(*object, "type") != type) return std::nullopt;
    if (text_of(*object, "origin") != party.origin) return std::nullopt;
    return std::string(text_of(*object, "challenge"));
}

std::optional<Credential> read_credential(const NewCredential& made, const Party& party) {
    if (!is_of(party, made.authenticator_data)) return std::nullopt;
    for (const int algorithm : {algorithm_es256, algorithm_rs256, algorithm_eddsa}) {
        if (auto credential = read_as(algorithm, made)) return credential;
    }
    return std::nullopt;
}

std::optional<std::int64_t> check(
    const Assertion& assertion,
    const Credential& credential,
    const Party& party,
    bool needs_verification
) {
    if (!is_of(party, assertion.authenticator_data)) return std::nullopt;
    const auto given = must(Owned<fido_assert_t, fido_assert_free>(fido_assert_new()));
    fido_assert_t* const a = given.get();
    const std::string& data = assertion.authenticator_data;
    const std::string& json = assertion.client_data;
    const std::string& signature = assertion.signature;
    const bool is_set =
        fido_assert_set_rp(a, party.id.c_str()) == FIDO_OK &&
        fido_assert_set_clientdata(a, in(json), json.size()) == FIDO_OK &&
        fido_assert_set_count(a, 1) == FIDO_OK &&
        fido_assert_set_authdata_raw(a, 0, in(data), data.size()) == FIDO_OK &&
        fido_assert_set_sig(a, 0, in(signature), signature.size()) == FIDO_OK &&
        fido_assert_set_up(a, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_uv(a, needs_verification ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) == FIDO_OK;
    if (!is_set || !is_signed(a, credential)) return std::nullopt;
    const std::int64_t count = fido_assert_sigcount(a, 0);
    const bool counts = count > 0 || credential.sign_count > 0;
    if (counts && count <= credential.sign_count) return std::nullopt;  // a copy has counted too
    return count;
}

}  // namespace acme::factors
