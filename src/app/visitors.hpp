#pragma once

/// The accounts with which the platform visits itself: checks, trial traffic, people to look at.

#include "app/platform.hpp"
#include "operate/demo/demo.hpp"
#include "operate/load/traffic.hpp"

namespace acme::app {

/// Sees /v1/nodes and may ask for a ping; changes nothing of others. `platform` outlives it.
smoke::MakeAccount smoke_account(Platform& platform);

smoke::MakeAccount trial_account(Platform& platform);

/// Plain users, load-1@acme.invalid and so on: made when they are not there, and signed in.
load::MakeCrowd trial_crowd(Platform& platform);

/// Plain users, whom nobody is told the password of.
demo::MakeAccount demo_account(Platform& platform);

}  // namespace acme::app
