#pragma once

/// What several functions of uploads that come straight into the store have in common. Private to
/// the room.

#include "platform/uploads/direct.hpp"

namespace acme::uploads {

/// Errors: uploads.not_open (conflict), for one that is not.
Result<> expect_open(const Direct& direct);

std::unexpected<Error> no_such_upload();

/// Who began it, for the audit of what becomes of it without them.
audit::Actor owner_of(const Direct& direct);

}  // namespace acme::uploads
