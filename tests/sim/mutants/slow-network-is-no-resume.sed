# server/core/worker.c: who has said nothing since Welcome is refused, though only the network is slow
s/ \&\& w->heard_ms > w->resume_ms//
