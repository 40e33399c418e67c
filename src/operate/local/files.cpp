#include "operate/local/files.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

namespace acme::local {

void make_private_folder(const std::string& path) {
    std::filesystem::create_directories(path);
    if (::chmod(path.c_str(), 0700) != 0) {
        throw std::system_error(errno, std::generic_category(), path);
    }
}

}  // namespace acme::local
