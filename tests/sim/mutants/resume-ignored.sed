# server/core/resume.c: a restarted coordinator takes up no grant
s/bool proven = j && !job_ended(j) &&/bool proven = false \&\& !job_ended(j) \&\&/
