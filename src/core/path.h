/* path.h - where a relative path of a setting leads. */
#ifndef BENS_CORE_PATH_H
#define BENS_CORE_PATH_H

#include <stdbool.h>
#include <limits.h>

/* Local. out [PATH_MAX] = the absolute path of `path`, which starts in `folder`, which
 * starts in the working directory ("" is that itself). "./" is left out and "../" goes up
 * at the beginning of path; further ones stay. Nothing needs to exist.
 * false: it is too long, or the working directory is gone. */
bool bens_path_resolve(const char *folder, const char *path, char *out);

#endif
