# server/commit.c: what is shown runs ahead of the disk
s/job_show(c, j, &j->next_shown);/job_show(c, j, \&j->shown), j->next_shown = j->shown;/
