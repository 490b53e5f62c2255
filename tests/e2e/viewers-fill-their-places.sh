#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# As many viewers as docs/OPERATIONS.md says, more than libmicrohttpd has by itself; who
# comes then, and the places that are kept.  Requests as others' programs send them.
. "$(dirname "$0")/checks.sh"
needs curl python3

# An eighth of what is left without the spare ones.
(ulimit -n 9600) 2>/dev/null || {
    skip 'more viewers than a thousand: no more than '"$(ulimit -Hn)"' descriptors are allowed here'
    exit 0
}
ulimit -n 9600
viewers=$(((9600 - 64) / 8))

coordinator
port=${ADDRESS##*:}
crowd() { run_within 100 python3 "$HERE/crowd.py" "$port" "$1"; }

crowd fill
same 'a full house' "$viewers viewers, then 503
while it is full: 200 200 200 503 503
those who are in: 200" "$OUT$ERR"
# Its places are free again.
reads() { [[ $(curl -s --max-time "$(patience 20)" -o /dev/null -w '%{http_code}' "http://$ADDRESS/") == 200 ]]; }
wait_until 30 reads

crowd pieces
same 'pieces' 'a record a byte: 200
400 at once: 400
1000 at once: 1000' "$OUT$ERR"
crowd body
same 'bodies' 'POST of 3 MB: 405
PUT of 3 MB: 405' "$OUT$ERR"
head -c 2000000 /dev/zero >"$FLEET/file"
for option in -T -d@; do
    [[ $option == -T ]] && option=(-T "$FLEET/file") || option=(-H 'Expect:' --data-binary "@$FLEET/file")
    same "curl ${option[0]}" 405 "$(curl -sS --max-time "$(patience 20)" -o /dev/null -w '%{http_code}' \
        "${option[@]}" "http://$ADDRESS/api/v1/jobs")"
done
