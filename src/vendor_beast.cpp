// The part of Beast that need not be compiled again in every file.
#include <boost/beast/src.hpp>
