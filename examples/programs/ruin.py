# SPDX-License-Identifier: MIT
"""The gambler's ruin: with 10 coins, and 0.49 to win each round, is she broke before she has 20?
By theory 1 / (1 + (0.49 / 0.51) ** 10) = 0.598700."""

import picoord


@picoord.trial
def ruin(rng):
    coins = 10
    while 0 < coins < 20:
        coins += 1 if rng.random() < 0.49 else -1
    return coins == 0


if __name__ == "__main__":
    print(picoord.run(ruin, trials=1e6))
