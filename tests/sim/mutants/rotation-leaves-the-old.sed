# server/core/token.c: a rotation leaves the connections of the old token
s/^        if (here_by(p, role))$/        if (here_by(p, role) \&\& p->role == PEER_NEW)/
