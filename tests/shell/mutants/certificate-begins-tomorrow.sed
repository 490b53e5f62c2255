# server/access/certificate.c: the certificate is not valid yet
# by unit access/identity_test
s/X509_getm_notBefore(c), -1, 0/X509_getm_notBefore(c), 1, 0/
