/*
 * A disk that loses power, runs full and fails, for one process under test.
 *
 * Loaded with LD_PRELOAD, this library stands between the process and the C library. It changes nothing for files
 * outside ACCORD_DISK_ROOT. Inside, the process works on real files as usual (they play the page cache), while the
 * shim copies into ACCORD_DISK_SHADOW whatever the process has made durable (the platter):
 *
 *   inodes/<identity>       the durable bytes of a file; its length is the durable length
 *   inodes/<identity>.lost  ranges that a failed fsync gave up (see below)
 *   entries.log             the durable names: one record per fsync of a directory, the last one of a directory counts
 *
 * Identity is the inode number with the birth time, both in hexadecimal. `durable_state.rs` reads and begins these
 * files, `power_cut.rs` rebuilds the folder from them.
 *
 * What is durable, and when:
 *
 *   - Bytes and length of a file: at fsync, fdatasync, msync(MS_SYNC) of its range, or after a write to a descriptor
 *     with O_SYNC or O_DSYNC. The ranges written since the last sync are kept per inode and copied then. Writes
 *     through shared mappings are not seen one by one, so a file mapped writable is copied whole.
 *   - Names: at fsync of the directory that holds them, which lists the real directory and appends one record, so that
 *     links, removals and new directories need no interception. An fsync of a file does not make its name durable. A
 *     file moved from one directory to another needs the new one synced first, or it can be lost.
 *   - sync, syncfs, sync_file_range and close make nothing durable.
 *   - The root itself is there from the start.
 *
 * Nothing is forced to the real disk: the process is killed, not the machine, so the page cache survives.
 *
 * The process may be killed anywhere in here. A half-copied file has some of its ranges on the platter and not
 * others, which a half-done fsync may leave as well; bytes made durable before and not written since are never
 * touched, because nothing is copied that was not written. A half-appended record has no "end" line and is ignored.
 * A process that starts again on the same shadow (a crash without a power cut) finds in the page cache writes that it
 * did not see: the first sync of each file then copies the file whole.
 *
 * Faults are switched by the first line of ACCORD_DISK_CONTROL, a file of 64 bytes mapped at the start:
 *
 *   ok                 everything works
 *   full               writes under the root fail with ENOSPC
 *   full-after BYTES   the next BYTES bytes fit (the write that crosses the border is short), then as full
 *   sync-fails         fsync, fdatasync, msync and synchronous writes fail with EIO. The pages count as clean from then
 *                      on: as on ext4 and XFS, the process still reads what it wrote, a later successful fsync does
 *                      not write it, and a power cut loses it unless it was written again (Rebello et al., "Can
 *                      Applications Recover from fsync Failures?", USENIX ATC 2020)
 *   reads-fail         reads under the root fail with EIO
 *
 * ACCORD_DISK_SYNC_MICROSECONDS makes each sync take that long before anything becomes durable, so that replying too
 * early shows.
 *
 * Not seen, and therefore never durable (a test fails then, it does not pass by mistake): stdio streams, io_uring,
 * aio and raw system calls (also those of the rustix crate's default backend). Not modelled: owners, times, extended
 * attributes; permissions travel with the name. Needs Linux, glibc, 64 bits, and birth times in the file system.
 */
#define _GNU_SOURCE
#include "shim_durability.h"
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

_Static_assert(sizeof(off_t) == 8 && sizeof(long) == 8, "the 64-suffixed symbols are aliases on 64-bit systems only");

/* ---- Intercepted: open and shorten ------------------------------------------------------------------------------- */

#define ALIAS(name, target) extern __typeof__(target) name __attribute__((alias(#target)))

static int opened(int descriptor, int flags) {
    if (descriptor < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH)) return descriptor;
    struct inode *inode = inode_behind(descriptor); /* watched from the start, so that its number is not given away */
    if (inode && (flags & O_TRUNC)) shortened(inode, 0);
    return descriptor;
}

#define MODE_ARGUMENT                                                                                                  \
    mode_t mode = 0;                                                                                                   \
    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {                                                       \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

int open(const char *path, int flags, ...) {
    MODE_ARGUMENT
    return opened(REAL(open)(path, flags, mode), flags);
}
ALIAS(open64, open);

int openat(int directory, const char *path, int flags, ...) {
    MODE_ARGUMENT
    return opened(REAL(openat)(directory, path, flags, mode), flags);
}
ALIAS(openat64, openat);

int creat(const char *path, mode_t mode) { return opened(REAL(creat)(path, mode), O_WRONLY | O_CREAT | O_TRUNC); }
ALIAS(creat64, creat);

int ftruncate(int descriptor, off_t length) {
    struct inode *inode = inode_behind(descriptor);
    int result = REAL(ftruncate)(descriptor, length);
    if (inode && result == 0) shortened(inode, length);
    return result;
}
ALIAS(ftruncate64, ftruncate);

int truncate(const char *path, off_t length) {
    int result = REAL(truncate)(path, length);
    int descriptor = attached && result == 0 ? REAL(openat)(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0) : -1;
    if (descriptor < 0) return result;
    struct inode *inode = inode_behind(descriptor);
    if (inode) shortened(inode, length);
    close(descriptor);
    return result;
}
ALIAS(truncate64, truncate);

/* ---- Intercepted: renames ---------------------------------------------------------------------------------------- */

static int renamed(int result) {
    pthread_mutex_unlock(&renaming);
    return result;
}

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&renaming);
    return renamed(REAL(rename)(from, to));
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    pthread_mutex_lock(&renaming);
    return renamed(REAL(renameat)(from_directory, from, to_directory, to));
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    pthread_mutex_lock(&renaming);
    return renamed(REAL(renameat2)(from_directory, from, to_directory, to, flags));
}

/* ---- Intercepted: writing at the file position ------------------------------------------------------------------- */

/* A write at the position ends where the position then is, also with O_APPEND. */
static ssize_t written_to_here(struct inode *inode, int descriptor, ssize_t bytes, bool synchronous) {
    int code = errno;
    off_t end = lseek(descriptor, 0, SEEK_CUR);
    pthread_mutex_unlock(&inode->positioned);
    errno = code;
    return changed(inode, descriptor, end - bytes, bytes, synchronous);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    struct inode *inode = inode_behind(descriptor);
    if (!inode) return REAL(write)(descriptor, bytes, length);
    if (!fits(length, &length)) return -1;
    pthread_mutex_lock(&inode->positioned);
    return written_to_here(inode, descriptor, REAL(write)(descriptor, bytes, length), false);
}

/* Where not all pieces fit, only the first is written, as far as it fits: a short write is always allowed. */
static bool pieces_fit(const struct iovec **pieces, int *count, struct iovec *only) {
    size_t total = 0, granted;
    for (int i = 0; i < *count; i++) total += (*pieces)[i].iov_len;
    if (!fits(total, &granted)) return false;
    if (granted == total) return true;
    const struct iovec *first = *pieces;
    while (first->iov_len == 0) first++;
    *only = (struct iovec){first->iov_base, first->iov_len < granted ? first->iov_len : granted};
    *pieces = only;
    *count = 1;
    return true;
}

ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    struct iovec only;
    struct inode *inode = inode_behind(descriptor);
    if (!inode) return REAL(writev)(descriptor, pieces, count);
    if (!pieces_fit(&pieces, &count, &only)) return -1;
    pthread_mutex_lock(&inode->positioned);
    return written_to_here(inode, descriptor, REAL(writev)(descriptor, pieces, count), false);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t length) {
    struct inode *inode = inode_behind(out);
    if (!inode) return REAL(sendfile)(out, in, offset, length);
    if (!fits(length, &length)) return -1;
    pthread_mutex_lock(&inode->positioned);
    return written_to_here(inode, out, REAL(sendfile)(out, in, offset, length), false);
}
ALIAS(sendfile64, sendfile);

/* ---- Intercepted: writing at a given offset ---------------------------------------------------------------------- */

/* On a descriptor with O_APPEND, Linux ignores the offset: then it can have landed anywhere. */
static ssize_t written_at(struct inode *inode, int descriptor, off_t offset, ssize_t bytes, bool synchronous) {
    if (bytes > 0 && (fcntl(descriptor, F_GETFL) & O_APPEND)) {
        pthread_mutex_lock(&inode->changing);
        all_but_lost(inode);
        pthread_mutex_unlock(&inode->changing);
    }
    return changed(inode, descriptor, offset, bytes, synchronous);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    struct inode *inode = inode_behind(descriptor);
    if (!inode) return REAL(pwrite)(descriptor, bytes, length, offset);
    if (!fits(length, &length)) return -1;
    return written_at(inode, descriptor, offset, REAL(pwrite)(descriptor, bytes, length, offset), false);
}
ALIAS(pwrite64, pwrite);

ssize_t pwritev(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    struct iovec only;
    struct inode *inode = inode_behind(descriptor);
    if (!inode) return REAL(pwritev)(descriptor, pieces, count, offset);
    if (!pieces_fit(&pieces, &count, &only)) return -1;
    return written_at(inode, descriptor, offset, REAL(pwritev)(descriptor, pieces, count, offset), false);
}
ALIAS(pwritev64, pwritev);

ssize_t pwritev2(int descriptor, const struct iovec *pieces, int count, off_t offset, int flags) {
    struct iovec only;
    struct inode *inode = inode_behind(descriptor);
    if (!inode) return REAL(pwritev2)(descriptor, pieces, count, offset, flags);
    if (!pieces_fit(&pieces, &count, &only)) return -1;
    if (flags & RWF_APPEND) { errno = EOPNOTSUPP; return -1; } /* we could not tell where it landed */
    bool synchronous = flags & (RWF_DSYNC | RWF_SYNC);
    if (offset != -1) {
        ssize_t bytes = REAL(pwritev2)(descriptor, pieces, count, offset, flags);
        return written_at(inode, descriptor, offset, bytes, synchronous);
    }
    pthread_mutex_lock(&inode->positioned);
    return written_to_here(inode, descriptor, REAL(pwritev2)(descriptor, pieces, count, -1, flags), synchronous);
}
ALIAS(pwritev64v2, pwritev2);

ssize_t copy_file_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t length, unsigned flags) {
    struct inode *inode = inode_behind(out);
    if (!inode) return REAL(copy_file_range)(in, in_offset, out, out_offset, length, flags);
    if (!fits(length, &length)) return -1;
    off_t start = out_offset ? *out_offset : 0;
    if (!out_offset) pthread_mutex_lock(&inode->positioned);
    ssize_t bytes = REAL(copy_file_range)(in, in_offset, out, out_offset, length, flags);
    return out_offset ? changed(inode, out, start, bytes, false) : written_to_here(inode, out, bytes, false);
}

ssize_t splice(int in, off_t *in_offset, int out, off_t *out_offset, size_t length, unsigned flags) {
    struct inode *inode = inode_behind(out);
    if (!inode) return REAL(splice)(in, in_offset, out, out_offset, length, flags);
    if (!fits(length, &length)) return -1;
    off_t start = out_offset ? *out_offset : 0;
    if (!out_offset) pthread_mutex_lock(&inode->positioned);
    ssize_t bytes = REAL(splice)(in, in_offset, out, out_offset, length, flags);
    return out_offset ? changed(inode, out, start, bytes, false) : written_to_here(inode, out, bytes, false);
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    size_t granted;
    struct inode *inode = inode_behind(descriptor);
    if (inode && !fits((size_t)length, &granted)) return -1;
    if (inode && granted < (size_t)length) { errno = ENOSPC; return -1; }
    int result = REAL(fallocate)(descriptor, mode, offset, length);
    bool moves_the_rest = mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE);
    if (inode && result == 0) note(inode, offset, moves_the_rest ? ENDLESS : offset + length);
    return result;
}
ALIAS(fallocate64, fallocate);

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    size_t granted;
    struct inode *inode = inode_behind(descriptor);
    if (inode && (!fits((size_t)length, &granted) || granted < (size_t)length)) return ENOSPC;
    int result = REAL(posix_fallocate)(descriptor, offset, length);
    if (inode && result == 0) note(inode, offset, offset + length);
    return result;
}
ALIAS(posix_fallocate64, posix_fallocate);

/* ---- Intercepted: mappings and syncs ----------------------------------------------------------------------------- */

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    int sharing = flags & (MAP_SHARED | MAP_PRIVATE);
    bool writable = (protection & PROT_WRITE) && !(flags & MAP_ANONYMOUS) && sharing != MAP_PRIVATE;
    struct inode *inode = writable ? inode_behind(descriptor) : NULL;
    if (inode) {
        pthread_mutex_lock(&inode->changing);
        inode->mapped = true;
        pthread_mutex_unlock(&inode->changing);
    }
    return REAL(mmap)(address, length, protection, flags, descriptor, offset);
}
ALIAS(mmap64, mmap);

/* Rare, so the kernel's own table of mappings tells which file lies behind an address. */
int msync(void *address, size_t length, int flags) {
    if (!attached || !(flags & MS_SYNC)) return REAL(msync)(address, length, flags);
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[PATH_MAX + 128];
    int result = 0;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long start, end, offset, number;
        if (sscanf(line, "%lx-%lx %*s %lx %*s %lu", &start, &end, &offset, &number) != 4) continue;
        unsigned long from = (unsigned long)address, to = from + length;
        if (number == 0 || from >= end || to <= start) continue;
        pthread_mutex_lock(&inodes_lock);
        struct inode *inode = find(number, root_device); /* the table names another device on some file systems */
        pthread_mutex_unlock(&inodes_lock);
        off_t first = (off_t)(offset + (from > start ? from - start : 0));
        off_t last = (off_t)(offset + (to < end ? to : end) - start);
        if (inode && sync_bytes(inode, first, last) != 0) result = -1;
    }
    if (maps) fclose(maps);
    return result == 0 ? REAL(msync)(address, length, flags) : result;
}

int fsync(int descriptor) {
    struct inode *inode = inode_behind(descriptor);
    return inode ? make_durable(inode) : REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    struct inode *inode = inode_behind(descriptor);
    return inode ? make_durable(inode) : REAL(fdatasync)(descriptor);
}

/* ---- Intercepted: reading ---------------------------------------------------------------------------------------- */

ssize_t read(int descriptor, void *buffer, size_t length) {
    return reading_fails(descriptor) ? -1 : REAL(read)(descriptor, buffer, length);
}

ssize_t pread(int descriptor, void *buffer, size_t length, off_t offset) {
    return reading_fails(descriptor) ? -1 : REAL(pread)(descriptor, buffer, length, offset);
}
ALIAS(pread64, pread);

ssize_t readv(int descriptor, const struct iovec *pieces, int count) {
    return reading_fails(descriptor) ? -1 : REAL(readv)(descriptor, pieces, count);
}

ssize_t preadv(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    return reading_fails(descriptor) ? -1 : REAL(preadv)(descriptor, pieces, count, offset);
}
ALIAS(preadv64, preadv);

/* ---- Attaching --------------------------------------------------------------------------------------------------- */

__attribute__((constructor)) static void attach(void) {
    const char *root_path = getenv("ACCORD_DISK_ROOT"), *shadow_path = getenv("ACCORD_DISK_SHADOW");
    const char *control_path = getenv("ACCORD_DISK_CONTROL"), *microseconds = getenv("ACCORD_DISK_SYNC_MICROSECONDS");
    if (!root_path || !shadow_path) return;
    struct stat status;
    if (!realpath(root_path, root) || stat(root, &status) != 0) die("ACCORD_DISK_ROOT");
    root_device = status.st_dev;
    shadow = REAL(openat)(AT_FDCWD, shadow_path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (shadow < 0) die("ACCORD_DISK_SHADOW");
    entries = REAL(openat)(shadow, "entries.log", O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    if (entries < 0) die("the shadow has no entries.log");
    if (microseconds) sync_microseconds = (useconds_t)strtoul(microseconds, NULL, 10);
    if (control_path) {
        int file = REAL(openat)(AT_FDCWD, control_path, O_RDONLY | O_CLOEXEC, 0);
        void *mapped = file < 0 ? MAP_FAILED : REAL(mmap)(NULL, CONTROL_BYTES, PROT_READ, MAP_SHARED, file, 0);
        if (mapped == MAP_FAILED) die("ACCORD_DISK_CONTROL");
        control = mapped;
        close(file);
    }
    if (REAL(write)(entries, "\nattached\n", 10) != 10) die("cannot append to entries.log");
    attached = true;
}
