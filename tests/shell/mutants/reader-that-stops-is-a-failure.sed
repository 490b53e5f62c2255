# ctl/lib/ctl.c: a reader that stops early makes it exit 1
# by unit ctl/ctl_answers_test
/case CLIENT_UNREAD:/,/return/s/EXIT_DONE/EXIT_NO/
