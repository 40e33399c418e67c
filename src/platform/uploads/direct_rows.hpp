#pragma once

/// The rows of uploads that come straight into the store: statements that several functions use.
/// Private to the room.

#include "platform/uploads/direct.hpp"

namespace acme::uploads {

/// Errors: uploads.not_found.
Task<Result<Direct>> find_direct(pg::Database& db, trace::Context context, OrgId org, UploadId id);

/// Errors: uploads.not_open (conflict), for one that is not.
Result<> expect_open(const Direct& direct);

std::unexpected<Error> no_such_upload();

}  // namespace acme::uploads
