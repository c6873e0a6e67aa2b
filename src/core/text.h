/* text.h - small things about text: nearest names, sizes and times for people. */
#ifndef BENS_CORE_TEXT_H
#define BENS_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Local. The index of the name in names [n] that `wanted` was most likely meant to be
 * (Damerau-Levenshtein distance, upper and lower case alike, of at most a third of its
 * length, at least 1, or a common beginning of 3 letters), -1 if none is near. */
int bens_text_nearest(const char *wanted, const char *const *names, size_t n);

/* Local. Is text [size] UTF-8 as files and attributes want it (no overlong forms, no
 * surrogates, nothing beyond U+10FFFF)? */
bool bens_text_is_utf8(const char *text, size_t size);

/* Local. "312 B", "1.4 KiB", "25 MiB", "3.2 GiB". */
void bens_text_bytes(double bytes, char *text, size_t size);

/* Local. "0.07 s", "7.3 s", "0:42", "12:40", "3:05:00", "2 d 3:05"; "?" if it
 * is not known (NaN, infinite). */
void bens_text_seconds(double seconds, char *text, size_t size);

/* Local. "950", "12.4 k", "1.81 M", "2.4 G". */
void bens_text_count(double count, char *text, size_t size);

#endif
