/* cpu_threads.h - how many threads a loop is worth. */
#ifndef BENS_BACKEND_CPU_THREADS_H
#define BENS_BACKEND_CPU_THREADS_H

#include <omp.h>
#include <stdint.h>

/* One for each `each` of work, from 1 to all there are; at most `limit`. */
static inline int bens_threads_for(double work, double each, int64_t limit)
{
    const int64_t all = omp_get_max_threads(), most = all < limit ? all : limit;
    const double worth = work / each;
    return worth < 1 ? 1 : worth < (double)most ? (int)worth : (int)most;
}

#endif
