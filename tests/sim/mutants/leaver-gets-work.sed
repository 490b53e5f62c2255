# server/core/ready.c: who is leaving is given work
s/!t->worker->draining && t->worker->conn/t->worker->conn/
