# web/model.js: who held nothing is waited for
# by js model
/lost (\${loss\.reason})/!s/if (trials > 0) {/if (trials >= 0) {/
