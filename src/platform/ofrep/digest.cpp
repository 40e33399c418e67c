#include "platform/ofrep/digest.hpp"

#include "base/text.hpp"

#include <xxhash.h>

namespace acme::ofrep {

std::string etag_of(std::string_view body) {
    const XXH128_hash_t hash = XXH3_128bits(body.data(), body.size());
    std::string etag = "\"";
    append_hex(etag, hash.high64);
    append_hex(etag, hash.low64);
    return etag.append("\"");
}

}  // namespace acme::ofrep
