/* number.h - decimal numbers in files of data, the same in every locale. */
#ifndef BENS_DATA_NUMBER_H
#define BENS_DATA_NUMBER_H

#include <stdbool.h>

/* Local. *out = the number that all of text is: [+-] digits with at most one point, then
 * perhaps e and a whole number; infinite if it is too large for a double. false: it is
 * none (nor are nan, inf, 0x1p3, 1,5 and ""). */
bool bens_number_read(const char *text, double *out);

#endif
