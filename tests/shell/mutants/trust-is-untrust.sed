# ctl/commands/drain.c: trust asks for the opposite
# by unit ctl/golden_ctl_test
s/WORKER_SUBCOMMAND(trust, REQUEST_TRUST, /WORKER_SUBCOMMAND(trust, REQUEST_UNTRUST, /
