# common/join/endpoint.c: an operator takes the join string of workers
# by unit join/endpoint_test
s/o->role == ROLE_OPERATOR ? contact\.operator_join : contact\.join/contact.join/
