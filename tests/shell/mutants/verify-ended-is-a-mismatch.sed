# ctl/commands/verify.c: a verification that a signal ended says that the ledger is wrong
# by e2e ledgers-are-verified-anywhere
s/return EXIT_SIGNAL + signal_number;/return EXIT_NO;/
