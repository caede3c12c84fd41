/* Writes down what a process does to the files below one folder, in the order in which it does it.
 *
 * Preloaded into an unchanged process (LD_PRELOAD). Each record is one line of text, then the bytes that were written:
 *
 *     open   INODE 0 0 PATH           a file was opened; INODE tells files apart, whatever they are called
 *     write  INODE OFFSET LENGTH PATH and LENGTH bytes
 *     size   INODE LENGTH 0 PATH      ftruncate
 *     sync   INODE 0 0 PATH           fsync, fdatasync; PATH may be a folder
 *     rename INODE 0 LENGTH PATH      and LENGTH bytes: the new path
 *     unlink INODE 0 0 PATH
 *
 * A lock is held around the act and its record, so that the records of all threads stand in the true order. Nothing is
 * really synced: the power is cut on paper, and a disk that waits would only make it slow.
 *
 * POWER_FOLDER is the folder, POWER_LOG the file for the records.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *paths[MOST_FILES]; /* by file descriptor; NULL for what lies elsewhere */
static const char *folder;
static int log_file = -1;

/* The function that this one stands before. */
#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *log = getenv("POWER_LOG");
    folder = getenv("POWER_FOLDER");
    if (!folder || !log) { folder = NULL; return; }
    REAL(open);
    log_file = real(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_file < 0) { perror(log); _exit(70); }
}

/* The file's full path when it lies in the folder, else NULL. The caller frees it. */
static char *inside(const char *path) {
    char full[PATH_MAX];
    size_t length;
    if (!folder || !path) return NULL;
    if (path[0] == '/') snprintf(full, sizeof full, "%s", path);
    else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return NULL;
        if ((size_t)snprintf(full, sizeof full, "%s/%s", here, path) >= sizeof full) return NULL;
    }
    length = strlen(folder);
    if (strncmp(full, folder, length) || (full[length] != '/' && full[length] != 0)) return NULL;
    return strdup(full);
}

static void put(const char *what, ino_t inode, off_t offset, size_t length, const char *path, const void *data) {
    REAL(writev);
    char head[PATH_MAX + 100];
    int size = snprintf(head, sizeof head, "%s %llu %lld %zu %s\n", what, (unsigned long long)inode, (long long)offset, length, path);
    struct iovec parts[2] = {{head, (size_t)size}, {(void *)data, length}};
    ssize_t written = real(log_file, parts, data ? 2 : 1);
    if (written != (ssize_t)(size + (data ? length : 0))) { perror("the record of the power cut"); _exit(70); }
}

static ino_t inode_of(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

static int is_folder(int fd) {
    struct stat found;
    return !fstat(fd, &found) && S_ISDIR(found.st_mode);
}

static char *path_of(int fd) { return fd >= 0 && fd < MOST_FILES ? paths[fd] : NULL; }

static void opened(int fd, int flags, char *path) {
    if (fd < 0 || fd >= MOST_FILES || !path) { free(path); return; }
    free(paths[fd]);
    paths[fd] = path;
    if (is_folder(fd)) return;
    put("open", inode_of(fd), 0, 0, path, NULL);
    if (flags & O_TRUNC) put("size", inode_of(fd), 0, 0, path, NULL);
}

#define OPENS(name)                                                                                                   \
    int name(const char *path, int flags, ...) {                                                                      \
        REAL(name);                                                                                                   \
        va_list more; mode_t mode;                                                                                    \
        int saved, fd;                                                                                                \
        va_start(more, flags); mode = va_arg(more, mode_t); va_end(more);                                             \
        pthread_mutex_lock(&lock);                                                                                    \
        fd = real(path, flags, mode);                                                                                 \
        saved = errno; opened(fd, flags, inside(path)); errno = saved;                                                \
        pthread_mutex_unlock(&lock);                                                                                  \
        return fd;                                                                                                    \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                                                                \
    int name(int where, const char *path, int flags, ...) {                                                           \
        REAL(name);                                                                                                   \
        va_list more; mode_t mode;                                                                                    \
        int saved, fd;                                                                                                \
        va_start(more, flags); mode = va_arg(more, mode_t); va_end(more);                                             \
        pthread_mutex_lock(&lock);                                                                                    \
        fd = real(where, path, flags, mode);                                                                          \
        saved = errno;                                                                                                \
        opened(fd, flags, where == AT_FDCWD || path[0] == '/' ? inside(path) : NULL);                                 \
        errno = saved;                                                                                                \
        pthread_mutex_unlock(&lock);                                                                                  \
        return fd;                                                                                                    \
    }
OPENS_AT(openat)
OPENS_AT(openat64)

int close(int fd) {
    REAL(close);
    int result;
    pthread_mutex_lock(&lock);
    if (path_of(fd)) { free(paths[fd]); paths[fd] = NULL; }
    result = real(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write);
    ssize_t done;
    if (!path_of(fd)) return real(fd, data, length);
    pthread_mutex_lock(&lock);
    done = real(fd, data, length);
    if (done > 0 && path_of(fd)) put("write", inode_of(fd), lseek(fd, 0, SEEK_CUR) - done, (size_t)done, paths[fd], data);
    pthread_mutex_unlock(&lock);
    return done;
}

#define WRITES_AT(name)                                                                                               \
    ssize_t name(int fd, const void *data, size_t length, off_t offset) {                                             \
        REAL(name);                                                                                                   \
        ssize_t done;                                                                                                 \
        if (!path_of(fd)) return real(fd, data, length, offset);                                                      \
        pthread_mutex_lock(&lock);                                                                                    \
        done = real(fd, data, length, offset);                                                                        \
        if (done > 0 && path_of(fd)) put("write", inode_of(fd), offset, (size_t)done, paths[fd], data);               \
        pthread_mutex_unlock(&lock);                                                                                  \
        return done;                                                                                                  \
    }
WRITES_AT(pwrite)
WRITES_AT(pwrite64)

#define SIZES(name)                                                                                                   \
    int name(int fd, off_t length) {                                                                                  \
        REAL(name);                                                                                                   \
        int result;                                                                                                   \
        pthread_mutex_lock(&lock);                                                                                    \
        result = real(fd, length);                                                                                    \
        if (!result && path_of(fd)) put("size", inode_of(fd), length, 0, paths[fd], NULL);                            \
        pthread_mutex_unlock(&lock);                                                                                  \
        return result;                                                                                                \
    }
SIZES(ftruncate)
SIZES(ftruncate64)

#define SYNCS(name)                                                                                                   \
    int name(int fd) {                                                                                                \
        REAL(name);                                                                                                   \
        if (!path_of(fd)) return real(fd);                                                                            \
        pthread_mutex_lock(&lock);                                                                                    \
        if (path_of(fd)) put("sync", inode_of(fd), 0, 0, paths[fd], NULL);                                            \
        pthread_mutex_unlock(&lock);                                                                                  \
        return 0;                                                                                                     \
    }
SYNCS(fsync)
SYNCS(fdatasync)

int rename(const char *from, const char *to) {
    REAL(rename);
    char *here = inside(from), *there = inside(to);
    struct stat found;
    int result;
    pthread_mutex_lock(&lock);
    found.st_ino = 0;
    stat(from, &found);
    result = real(from, to);
    if (!result && here && there) put("rename", found.st_ino, 0, strlen(there), here, there);
    pthread_mutex_unlock(&lock);
    free(here);
    free(there);
    return result;
}

int unlink(const char *path) {
    REAL(unlink);
    char *here = inside(path);
    struct stat found;
    int result;
    pthread_mutex_lock(&lock);
    found.st_ino = 0;
    stat(path, &found);
    result = real(path);
    if (!result && here) put("unlink", found.st_ino, 0, 0, here, NULL);
    pthread_mutex_unlock(&lock);
    free(here);
    return result;
}
