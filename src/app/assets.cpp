#include "app/assets.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

// Where each file begins and ends: symbols of assets.S.
#define ACME_ASSET(number, path, type, etag)                                                \
    extern "C" const char acme_asset##number##_raw_begin[], acme_asset##number##_raw_end[], \
        acme_asset##number##_gz_begin[], acme_asset##number##_gz_end[],                     \
        acme_asset##number##_br_begin[], acme_asset##number##_br_end[];
#include "assets.inc"
#undef ACME_ASSET

namespace acme::app {
namespace {

using assets::Asset;

const std::vector<Asset>& all_assets() {
    static const std::vector<Asset> all{
#define ACME_ASSET(number, path, type, etag)                         \
    {path,                                                           \
     type,                                                           \
     etag,                                                           \
     {acme_asset##number##_raw_begin, acme_asset##number##_raw_end}, \
     {acme_asset##number##_gz_begin, acme_asset##number##_gz_end},   \
     {acme_asset##number##_br_begin, acme_asset##number##_br_end}},
#include "assets.inc"
#undef ACME_ASSET
    };
    return all;
}

}  // namespace

const Asset* find_asset(std::string_view path) {
    const auto found = std::ranges::find(all_assets(), path, &Asset::path);
    return found == all_assets().end() ? nullptr : &*found;
}

std::vector<Asset> hashed_assets() {
    std::vector<Asset> hashed;
    std::ranges::copy_if(all_assets(), std::back_inserter(hashed), [](const Asset& asset) {
        return asset.path.starts_with("/assets/");
    });
    return hashed;
}

}  // namespace acme::app
