#include "app/lists.hpp"

#include <array>

namespace acme::app {
namespace {

// The files themselves, pasted by CMake (acme_embed_sql) as raw string literals.
constexpr std::array all_migrations{
#include "migrations.inc"
};

static_assert(pg::are_in_order(all_migrations));

}  // namespace

std::span<const pg::Migration> migrations() { return all_migrations; }

}  // namespace acme::app
