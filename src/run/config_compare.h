/* config_compare.h - which settings make the draws of two runs others? */
#ifndef BENS_RUN_CONFIG_COMPARE_H
#define BENS_RUN_CONFIG_COMPARE_H

#include "run/config.h"

/* Local. list [size >= 8] = "[sampler] step_size WORD_A 1, WORD_B 0.5; ...", "" if no key
 * differs. Not looked at is what does not touch the bits of a draw: output, threads,
 * ranks, times, thresholds, the path of the data, numbers of chains and draws ([schedule]
 * length goes with those), and with `other_chains` the first chain. */
bens_status bens_config_compare(const bens_config *a, const char *word_a,
                                const bens_config *b, const char *word_b,
                                bool other_chains, char *list, size_t size);

#endif
