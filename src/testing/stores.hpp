#pragma once

/// Object stores that stand on something real, for tests that run on each driver.

#include "io/objects/file.hpp"
#include "io/objects/s3.hpp"
#include "testing/bench.hpp"
#include "testing/s3.hpp"

#include <filesystem>
#include <memory>

namespace acme::testing {

/// A store and what it stands on. Made after the bench, whose clock it moves to the present, and
/// gone before it.
class Backend {
public:
    virtual ~Backend() = default;
    virtual objects::Store& store() = 0;
};

class FolderBackend final : public Backend {
public:
    explicit FolderBackend(DryBench& bench);
    ~FolderBackend() override;

    objects::Store& store() override { return files_; }
    const std::filesystem::path& folder() const { return folder_; }

private:
    std::filesystem::path folder_;
    objects::FileStore files_;
};

class S3Backend final : public Backend {
public:
    explicit S3Backend(DryBench& bench) : S3Backend(bench, {}) {}

    /// What `options` leaves empty becomes what the server wants.
    S3Backend(DryBench& bench, objects::S3Options options);

    objects::Store& store() override { return s3_; }

    S3Server server;

private:
    fetch::Client client_;
    objects::S3 s3_;
};

struct Driver {
    const char* name;
    std::unique_ptr<Backend> (*make)(DryBench& bench);
};

/// For ::testing::ValuesIn.
extern const Driver drivers[2];

}  // namespace acme::testing
