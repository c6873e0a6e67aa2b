#define _XOPEN_SOURCE 700 /* realpath */
#include "core/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *skip(const char *path, size_t n)
{
    for (path += n; *path == '/';) path++;
    return path;
}

/* A "../" in front of *path goes up from folder [PATH_MAX]. realpath first: behind a
 * symbolic link the folder above is another one than its name says. Where there is no
 * such folder, the "../" stays. */
static void go_up(const char **path, char *folder)
{
    char real[PATH_MAX];
    if (strncmp(*path, "../", 3) != 0 || realpath(folder, real) == NULL) return;
    while (strncmp(*path, "../", 3) == 0) {
        char *const slash = strrchr(real, '/');
        slash[slash == real ? 1 : 0] = '\0';
        *path = skip(*path, 3);
    }
    strcpy(folder, real);
}

/* out [PATH_MAX] = base/path. */
static bool join(const char *base, const char *path, char *out)
{
    while (strncmp(path, "./", 2) == 0) path = skip(path, 2);
    if (strcmp(path, ".") == 0) path = "";
    const size_t length = strlen(base);
    const bool slash = path[0] != '\0' && base[length - 1] != '/';
    const int size = snprintf(out, PATH_MAX, "%s%s%s", base, slash ? "/" : "", path);
    return size >= 0 && size < PATH_MAX;
}

bool bens_path_resolve(const char *folder, const char *path, char *out)
{
    char working[PATH_MAX] = "/", from[PATH_MAX];
    const bool absolute = path[0] == '/' || folder[0] == '/';
    if (!absolute && getcwd(working, sizeof working) == NULL) return false;
    if (path[0] == '/') return join("/", path + 1, out);
    if (!(folder[0] == '/' ? join("/", folder + 1, from) : join(working, folder, from)))
        return false;
    go_up(&path, from);
    return join(from, path, out);
}
