# common/cli/job_format.c: the answer shows all hits as verified
# by unit cli/job_format_test
s/j->verified_done, j->verified_hits);/j->verified_done, j->hits);/
