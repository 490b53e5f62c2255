# worker/core/agent_message.c: a worker does not send again what was not answered
/^    agent_grants_unsend(&a->grants);/d
