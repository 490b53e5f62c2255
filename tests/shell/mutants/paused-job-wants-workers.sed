# ctl/lib/follow.c: that there are no workers is told of a paused job
# by unit ctl/ctl_answers_test
s/ || f->view.state == JOB_PAUSED)/)/
