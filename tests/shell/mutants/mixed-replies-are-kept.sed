# ctl/lib/ctl.c: what came before a reply of another kind is shown
# by unit ctl/ctl_answers_test
s/if (e.mixed)/if (false)/
