# ctl/commands/doctor.c: clocks may be ten times as far apart without a warning
# by unit ctl/ctl_token_test
s/apart_ms <= CLOCK_MS/apart_ms <= 10 * CLOCK_MS/
