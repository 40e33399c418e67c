#pragma once

/// The rights of the role that the program runs as, where that is another one than the role that
/// owns the tables.

#include "base/secret.hpp"

#include <string>
#include <vector>

namespace acme::pg {

/// Tables of which the program's role gets less than SELECT, INSERT, UPDATE and DELETE. Those that
/// are not there are no mistake.
struct Exceptions {
    std::vector<std::string> append_only;  // SELECT and INSERT
    std::vector<std::string> read_only;    // SELECT
};

/// Grants to the role that `program` connects as what it needs of all that the role of `owner` has
/// made in its schema, and will make: tables, sequences, functions; takes back what the exceptions
/// leave out. Returns that role, "" when it is the owner: then nothing is done. One transaction, so
/// the program never has more or less meanwhile; twice is the same. Blocks. Throws Fault: also when
/// the two are not of one database, or the program's role could become the owner anyway.
std::string grant_rights(const Secret& owner, const Secret& program, const Exceptions& exceptions);

}  // namespace acme::pg
