// SPDX-License-Identifier: MIT
#include "common/base/histogram.h"

const uint32_t histogram_bounds_us[HISTOGRAM_BOUNDS] = {
    100, 250, 1000, 2500, 10000, 25000, 100000, 250000, 1000000, 2500000, 10000000};
