# bash completion for picoord, piworker and pictl: source <(pictl completion bash)
_pictl_names() {
    found="$found $("$program" "${where[@]}" "$1" --json 2>/dev/null |
        tr '{,' '\n\n' | sed -nE 's/^"(name|id)":"([^"]+)"$/\2/p' |
        tr '\n' ' ')"
}
_pictl_words() {
    local command='' skip='' word
    local -a where
    where=()
    for word in "${typed[@]}"; do
        if [ -n "$skip" ]; then skip=''; where+=("$word"); continue; fi
        case "$word" in
            --coordinator|--contact-file|--join-file) skip=1 ;;
            -*) ;;
            *) command=$word; break ;;
        esac
        where+=("$word")
    done
    case "$previous" in
        --coordinator) return ;;
        --join-file) files=1; return ;;
        --contact-file) files=1; return ;;
        --trials|-n) return ;;
        --until-stderr) return ;;
        --until-digits) return ;;
        --for) return ;;
        --seed) return ;;
        --name) return ;;
        --weight) return ;;
        --audit) found='adaptive all none'; return ;;
        --program) return ;;
        --arg) return ;;
        --expect) return ;;
        --scale) return ;;
        --timeout) return ;;
        --get) return ;;
        --interval|-i) return ;;
        --sample) return ;;
        --sample-seed) return ;;
        --offer) return ;;
    esac
    case "$command" in
        '') found='submit status watch wait jobs history events ledger verify extend cancel pause resume rm workers drain kick ban pardon trust untrust token backup doctor version completion help --coordinator --join-file --contact-file --plaintext --json --help --version' ;;
        submit) found='--help --trials --until-stderr --until-digits --for --seed --name --weight --audit --program --arg --expect --scale --score --wait --timeout --coordinator --join-file --contact-file --plaintext --json' ;;
        status) found='--help --get --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        watch) found='--help --interval --timeout --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        wait) found='--help --timeout --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        jobs) found='--help --coordinator --join-file --contact-file --plaintext --json' ;;
        history) found='--help --coordinator --join-file --contact-file --plaintext --json' ;;
        events) found='--help --follow --coordinator --join-file --contact-file --plaintext --json' ;;
        ledger) found='--help --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        verify) found='--help --sample --all --sample-seed --offer --coordinator --join-file --contact-file --plaintext --json'; files=1; _pictl_names jobs ;;
        extend) found='--help --trials --wait --timeout --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        cancel) found='--help --all --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        pause) found='--help --all --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        resume) found='--help --all --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        rm) found='--help --coordinator --join-file --contact-file --plaintext --json'; _pictl_names jobs ;;
        workers) found='--help --verbose --coordinator --join-file --contact-file --plaintext --json' ;;
        drain) found='--help --all --coordinator --join-file --contact-file --plaintext --json'; _pictl_names workers ;;
        kick) found='--help --coordinator --join-file --contact-file --plaintext --json'; _pictl_names workers ;;
        ban) found='--help --coordinator --join-file --contact-file --plaintext --json'; _pictl_names workers ;;
        pardon) found='--help --coordinator --join-file --contact-file --plaintext --json'; _pictl_names workers ;;
        trust) found='--help --coordinator --join-file --contact-file --plaintext --json'; _pictl_names workers ;;
        untrust) found='--help --coordinator --join-file --contact-file --plaintext --json'; _pictl_names workers ;;
        token) found='--help --operator --coordinator --join-file --contact-file --plaintext --json show rotate' ;;
        backup) found='--help --coordinator --join-file --contact-file --plaintext --json'; files=1 ;;
        doctor) found='--help --coordinator --join-file --contact-file --plaintext --json' ;;
        version) found='--help --coordinator --join-file --contact-file --plaintext --json' ;;
        completion) found='--help --coordinator --join-file --contact-file --plaintext --json bash zsh fish' ;;
        help) found='--help --coordinator --join-file --contact-file --plaintext --json submit status watch wait jobs history events ledger verify extend cancel pause resume rm workers drain kick ban pardon trust untrust token backup doctor version completion help exit-codes' ;;
    esac
}
_pi_words() {
    local option='' value='' help
    help=$("$program" --help 2>/dev/null | grep '^  -')
    case "$previous" in
        --*) option="(.*, )?$previous" ;;
        -?) option="($previous), --[a-z-]+" ;;
    esac
    [ -z "$option" ] || value=$(printf '%s\n' "$help" |
        sed -nE "s/^  $option ([^ ,-][^ ,]*).*/\\2/p" | head -n 1)
    case "$value" in
        '') found=$(printf '%s\n' "$help" | grep -oE -- '--[a-z][a-z-]*' |
            tr '\n' ' ') ;;
        F|DIR|NAME=COMMAND) files=1 ;;
        *'|'*) found=$(printf %s "$value" | tr '|' ' ') ;;
    esac
}
_pi() {
    local program=$1 current=${COMP_WORDS[COMP_CWORD]} found='' files=''
    local previous=${COMP_WORDS[COMP_CWORD-1]}
    local typed=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
    case "$program" in *pictl) _pictl_words ;; *) _pi_words ;; esac
    COMPREPLY=($(compgen -W "$found" ${files:+-f} -- "$current"))
}
complete -F _pi picoord piworker pictl
