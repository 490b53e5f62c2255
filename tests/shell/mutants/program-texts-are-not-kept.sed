# ctl/lib/replies.c: the programs of workers are those of the last frame
# by unit ctl/golden_ctl_test
s/copy.programs = programs_copy(arena, w->programs, w->n_programs);//
