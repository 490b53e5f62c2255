# common/base/map.c: what was moved past a removed entry is lost
# by unit base/map_test
s/if (from_home >= ((i - hole) & mask)) {/if (0) {/
