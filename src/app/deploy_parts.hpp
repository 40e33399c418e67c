#pragma once

/// What deployments stand on: the machines, the balancer and the suite that this program finds.

#include "app/platform.hpp"
#include "operate/deploy/deploy_cli.hpp"

namespace acme::app {

/// `platform` outlives it.
deploy::CliParts deploy_parts(Platform& platform);

}  // namespace acme::app
