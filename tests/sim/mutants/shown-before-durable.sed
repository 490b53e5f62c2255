# server/core/commit.c: what is shown runs ahead of the disk
s/job_show(j, &j->next_shown);/job_show(j, \&j->shown), j->next_shown = j->shown;/
