# server/core/fit.c: who is slow by its self-test begins with sixteen trials all the same
s/bool slow = !program_is_pi(p->program) && p->expected/bool slow = false \&\& p->expected/
