# worker/doctor.c: the report is JSON whether asked for or not
# by e2e what-a-worker-prints-is-whole
s/(json ? doctor_print_json : doctor_print)/(true ? doctor_print_json : doctor_print)/
