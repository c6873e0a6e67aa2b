/* clock.h - what time it is. */
#ifndef BENS_CORE_CLOCK_H
#define BENS_CORE_CLOCK_H

/* Local. Seconds since some fixed instant; never goes back. */
double bens_clock(void);
/* Local. Seconds since 1970. */
double bens_clock_date(void);

#endif
