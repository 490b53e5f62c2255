# ctl/lib/ctl.c: pictl --json tells a wrong command line in prose
# by unit ctl/ctl_words_test
s/opt_messages_as_json(wants_json(argv));/opt_messages_as_json(false);/
