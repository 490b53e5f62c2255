# server/core/resume.c: a restarted coordinator takes up no grant
s/if (!j || job_ended(j) ||/if (j || job_ended(j) ||/
