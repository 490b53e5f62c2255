# server/core/token.c: any worker is trusted as one of this user
s/else if (auth == AUTH_LOCAL_TOKEN)/else if (auth != AUTH_OPERATOR_TOKEN)/
