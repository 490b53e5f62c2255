#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# https for those who verify: by a copy of the certificate, by names and addresses, as
# strictly as Python can; by the key alone; by each suite.  Another address makes another
# certificate, and no other key.
. "$(dirname "$0")/checks.sh"
needs curl openssl

STATE=$FLEET/keys
certificate=$STATE/certificate.pem

get() { # host, option...: the body, or nothing
    local host=$1
    shift
    curl -sS --max-time "$(patience 20)" --connect-to "::127.0.0.1:${ADDRESS##*:}" "$@" \
        "https://$host:${ADDRESS##*:}/healthz" 2>/dev/null || true
}
key_of() { openssl x509 -in "$1" -noout -pubkey; }
pin_of() { key_of "$1" | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl base64 -A; }

coordinator --view-host board.example
cp "$certificate" "$FLEET/first.pem"
for host in picoord localhost 127.0.0.1 '[::1]' board.example; do
    same "by the certificate, $host" ok "$(get "$host" --cacert "$FLEET/first.pem")"
done
same 'another name' '' "$(get elsewhere.example --cacert "$FLEET/first.pem")"

# The pin of curl is that of join strings.
same 'by its key' ok "$(get anything --insecure --pinnedpubkey "sha256//$(pin_of "$certificate")")"
stranger_pem
same 'by another key' '' "$(get anything --insecure --pinnedpubkey "sha256//$(pin_of "$FLEET/stranger.pem")")"

for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
    run_within 20 openssl s_client -connect "$ADDRESS" -ciphersuites "$suite" -verify_return_error \
        -CAfile "$FLEET/first.pem" -verify_hostname picoord
    matches "$suite" ".*Cipher is $suite.*Verify return code: 0 \(ok\).*" "$(tr '\n' ' ' <<<"$OUT")"
done
if has 'what Python verifies' python3; then
    cat >"$FLEET/verify.py" <<'END'
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
context.verify_flags |= ssl.VERIFY_X509_STRICT
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))), server_hostname="localhost") as s:
    print(s.version())
END
    run_within 20 python3 "$FLEET/verify.py" "${ADDRESS##*:}" "$FLEET/first.pem"
    same 'what Python verifies' 'TLSv1.3' "$OUT$ERR"
fi

# Who is no peer is no warning; a worker that has another key is.
run_within 20 openssl s_client -connect "$ADDRESS" -alpn h2
run_within 20 curl -sS "https://$ADDRESS/"
wait_until 20 said picoord 'does not know this coordinator.s certificate'
wait_until 20 said picoord 'speaks neither pi/1 nor http/1.1'
same 'warnings' '' "$(grep ' WARN ' "$FLEET/picoord.log" | grep -v 'new key and tokens' || true)"

# The next start finds nothing new; the one after it does.
join_line() { field join <"$CONTACT"; }
join=$(join_line)
destroy picoord
coordinator --view-host board.example
same 'the certificate of the same names' '' "$(diff "$certificate" "$FLEET/first.pem")"
destroy picoord
coordinator --advertise lab.example
wait_until 20 said picoord 'the certificate is new'
same 'a name that is new' ok "$(get lab.example --cacert "$certificate")"
same 'a name that has gone' '' "$(get board.example --cacert "$certificate")"
same 'the key' "$(key_of "$FLEET/first.pem")" "$(key_of "$certificate")"
same 'key and token of join strings' "$(rev <<<"$join" | cut -d . -f 1,2)" \
    "$(join_line | rev | cut -d . -f 1,2)"
