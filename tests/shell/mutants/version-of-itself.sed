# ctl/commands/version.c: version shows pictl's as the coordinator's
# by unit ctl/ctl_answers_test
s/w->version, w->protocol,/PI_VERSION, w->protocol,/
