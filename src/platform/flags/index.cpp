#include "platform/flags/index.hpp"

#include "platform/flags/compiled.hpp"
#include "platform/flags/tally.hpp"

namespace acme::flags {

void add_answers(Compiled& all) {
    for (Index::Place& place : all.index.places) {
        if (place.size == Index::free) continue;
        const CompiledFlag& flag = all.flags[place.flag];
        place.type = flag.type;
        place.is_constant = flag.state == State::constant;
        if (!place.is_constant) continue;
        place.counted = flag.places + Tally::place_of(flag.variants, constant_of(flag));
        if (flag.value != no_value) place.answer = &all.values[flag.values + flag.value];
    }
}

}  // namespace acme::flags
