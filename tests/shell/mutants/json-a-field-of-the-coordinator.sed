# common/wire/json.c: a field of a job is taken from the coordinator
# by unit wire/json_field_test
s/!of_job ? &pb\.base : pb\.job ? &pb\.job->base : NULL/\&pb.base/
