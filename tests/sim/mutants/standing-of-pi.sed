# server/core/standing.c: who has passed its audits of pi is believed in programs
s/^    return standing_believed(s) || (s->passed >=/    s = s->base;\n    return standing_believed(s) || (s->passed >=/
