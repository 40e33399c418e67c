#pragma once

/// Objects in a folder, for the nodes of one machine: the embedded default.
///
/// <folder>/objects/<key> are the objects, <folder>/unfinished/<id> what is on its way: a file, or
/// a folder of parts. An object
/// appears whole, by a rename after it has reached the disk, or not at all.

#include "io/loop/loop.hpp"
#include "io/objects/store.hpp"
#include "io/telemetry/telemetry.hpp"

#include <filesystem>

namespace prometheus {
class Histogram;
}

namespace acme::objects {

class FileStore final : public Store {
public:
    /// Makes the folder (0700). While that cannot be reached, also now, each call is refused with
    /// objects.unavailable. Everything outlives it.
    FileStore(const std::filesystem::path& folder, Loop& loop, Telemetry& telemetry);

    Task<Result<std::unique_ptr<Writer>>> write(
        trace::Context context, std::string key, std::string content_type
    ) override;
    Task<Result<std::unique_ptr<Reader>>> read(
        trace::Context context, std::string key, std::optional<Range> range
    ) override;
    Task<Result<Stat>> stat(trace::Context context, std::string key) override;
    Task<Result<>> remove(trace::Context context, std::string key) override;
    Task<Result<Page>> list(trace::Context context, std::string prefix, std::string after) override;
    Task<Result<std::string>> begin(
        trace::Context context, std::string key, std::string content_type
    ) override;
    Task<Result<std::string>> put_part(
        trace::Context context, std::string key, std::string id, int number, std::string_view bytes
    ) override;
    bool has_addresses() const override { return false; }
    std::optional<std::string> part_address(
        const std::string& /*key*/,
        const std::string& /*id*/,
        int /*number*/,
        std::uint64_t /*bytes*/,
        std::chrono::seconds /*lifetime*/
    ) const override {
        return std::nullopt;
    }
    Task<Result<std::vector<StoredPart>>> parts(
        trace::Context context, std::string key, std::string id
    ) override;
    Task<Result<>> complete(
        trace::Context context,
        std::string key,
        std::string id,
        std::vector<Part> parts,
        std::uint64_t bytes
    ) override;
    Task<Result<>> abort(trace::Context context, std::string key, std::string id) override;
    Task<Result<UnfinishedPage>> unfinished(
        trace::Context context, std::string prefix, std::optional<Unfinished> after
    ) override;
    Task<Result<>> probe(trace::Context context) override;
    Task<Result<>> examine(trace::Context context) override;  // as probe(): it is our own work
    Task<> close() override;

private:
    std::filesystem::path objects_;
    std::filesystem::path unfinished_;
    Loop& loop_;
    Telemetry& telemetry_;
    prometheus::Histogram& part_seconds_;
    prometheus::Histogram& complete_seconds_;
};

}  // namespace acme::objects
