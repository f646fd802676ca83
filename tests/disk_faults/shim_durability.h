/*
 * What the process has changed and what of it is durable: the watched inodes, their unsynced ranges, and the copying
 * into the shadow. `shim.c` explains the model and calls this from the intercepted functions.
 */
#pragma once
#include "shim_ranges.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The C library's own function behind one of ours. Looked up on first use, so calls before our constructor work. */
#define REAL(name)                                                                                                     \
    ({                                                                                                                 \
        static _Atomic(void *) found;                                                                                  \
        void *function = atomic_load_explicit(&found, memory_order_relaxed);                                           \
        if (!function) atomic_store(&found, function = dlsym(RTLD_NEXT, #name));                                       \
        (__typeof__(&name))function;                                                                                   \
    })

#define ENDLESS INT64_MAX
#define CONTROL_BYTES 64
#define BUCKETS 4096

/* ---- State ------------------------------------------------------------------------------------------------------- */

/* A file or directory under the root. It is never freed and its reader never closed: closing any descriptor of a file
 * drops all POSIX locks that the process holds on it, and an open one keeps the inode number from being given to
 * another file. */
struct inode {
    dev_t device;
    ino_t number;
    char identity[48];
    int reader;                 /* our own descriptor of the real file */
    int platter;                /* descriptor of inodes/<identity>, or -1 before the first sync */
    pthread_mutex_t syncing;    /* held while copying: a second sync returns after the first has copied */
    pthread_mutex_t positioned; /* held while a write moves a file position, so that its offset can be told */
    pthread_mutex_t changing;   /* guards what follows; taken last and held briefly */
    struct ranges unsynced, lost;
    off_t cut;                  /* the shortest length since the last sync, ENDLESS if never shortened */
    bool mapped;                /* was mapped shared and writable */
    struct inode *next;
};

static struct inode *inodes[BUCKETS];
static pthread_mutex_t inodes_lock = PTHREAD_MUTEX_INITIALIZER;

/* Held by renames, and by the listing of a directory, which could otherwise miss both the old and the new name. */
static pthread_mutex_t renaming = PTHREAD_MUTEX_INITIALIZER;

static bool attached;
static char root[PATH_MAX];
static dev_t root_device;
static int shadow = -1, entries = -1;
static useconds_t sync_microseconds;

static const char *control;
static char obeyed[CONTROL_BYTES];
static pthread_mutex_t control_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t room = ENDLESS;
static _Atomic bool sync_fails, reads_fail;

/* The shim cannot keep its promise, so the process must not go on. */
static void die(const char *what) {
    char message[256];
    int length = snprintf(message, sizeof message, "disk fault shim: %s: %s\n", what, strerror(errno));
    REAL(write)(2, message, (size_t)length);
    abort();
}

/* ---- Finding the inode behind a descriptor ----------------------------------------------------------------------- */

static bool identify(int directory, const char *name, int flags, char *identity, size_t size) {
    struct statx found;
    if (statx(directory, name, flags, STATX_INO | STATX_BTIME, &found) != 0) return false;
    if (!(found.stx_mask & STATX_BTIME)) die("the file system has no birth times");
    uint64_t born = (uint64_t)found.stx_btime.tv_sec * 1000000000u + found.stx_btime.tv_nsec;
    snprintf(identity, size, "%llx-%llx", (unsigned long long)found.stx_ino, (unsigned long long)born);
    return true;
}

static void save_lost(struct inode *inode) {
    char name[96];
    snprintf(name, sizeof name, "inodes/%s.lost", inode->identity);
    int file = REAL(openat)(shadow, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ssize_t length = (ssize_t)(inode->lost.count * sizeof(struct range));
    if (file < 0 || REAL(pwrite)(file, inode->lost.items, (size_t)length, 0) != length ||
        REAL(ftruncate)(file, length) != 0)
        die("cannot note lost ranges");
    close(file);
}

static void load_lost(struct inode *inode) {
    char name[96];
    snprintf(name, sizeof name, "inodes/%s.lost", inode->identity);
    int file = REAL(openat)(shadow, name, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return;
    struct range range;
    for (off_t at = 0; REAL(pread)(file, &range, sizeof range, at) == (ssize_t)sizeof range; at += (off_t)sizeof range)
        add(&inode->lost, range.start, range.end);
    close(file);
}

static void all_but_lost(struct inode *inode) {
    add(&inode->unsynced, 0, ENDLESS);
    for (size_t i = 0; i < inode->lost.count; i++)
        cut_out(&inode->unsynced, inode->lost.items[i].start, inode->lost.items[i].end);
}

/* Starts watching an inode if its path lies under the root. What it holds now may not be durable (an earlier process
 * wrote it, or the write under way did), so all of it counts as unsynced, except what was lost before. */
static struct inode *adopt(int descriptor, const struct stat *status) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    size_t prefix = strlen(root);
    if (strncmp(path, root, prefix) != 0 || (path[prefix] != 0 && path[prefix] != '/')) return NULL;

    struct inode *inode = calloc(1, sizeof *inode);
    if (!inode) die("out of memory");
    inode->device = status->st_dev;
    inode->number = status->st_ino;
    inode->platter = -1;
    inode->cut = ENDLESS;
    inode->reader = REAL(openat)(AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (inode->reader < 0) die("cannot read a file under the root");
    if (!identify(inode->reader, "", AT_EMPTY_PATH, inode->identity, sizeof inode->identity)) die("statx");
    pthread_mutex_init(&inode->syncing, NULL);
    pthread_mutex_init(&inode->positioned, NULL);
    pthread_mutex_init(&inode->changing, NULL);
    load_lost(inode);
    all_but_lost(inode);
    return inode;
}

static struct inode *find(ino_t number, dev_t device) {
    struct inode *inode = inodes[number % BUCKETS];
    while (inode && (inode->number != number || inode->device != device)) inode = inode->next;
    return inode;
}

/* Null for sockets, pipes and everything outside the root. Asking the kernel each time is cheap and leaves no
 * descriptor table to keep true across dup, close and fork. */
static struct inode *inode_behind(int descriptor) {
    struct stat status;
    if (!attached || fstat(descriptor, &status) != 0) return NULL;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return NULL;
    pthread_mutex_lock(&inodes_lock);
    struct inode *inode = find(status.st_ino, status.st_dev);
    if (!inode && (inode = adopt(descriptor, &status))) {
        inode->next = inodes[status.st_ino % BUCKETS];
        inodes[status.st_ino % BUCKETS] = inode;
    }
    pthread_mutex_unlock(&inodes_lock);
    return inode;
}

/* ---- Control ----------------------------------------------------------------------------------------------------- */

static void obey_control(void) {
    if (!control) return;
    char seen[CONTROL_BYTES + 1] = {0}, word[16];
    long long bytes = 0;
    pthread_mutex_lock(&control_lock);
    memcpy(seen, control, CONTROL_BYTES);
    if (memcmp(seen, obeyed, CONTROL_BYTES) != 0 && sscanf(seen, "%15s %lld", word, &bytes) >= 1) {
        memcpy(obeyed, seen, CONTROL_BYTES);
        room = strcmp(word, "full") == 0 ? 0 : strcmp(word, "full-after") == 0 ? bytes : ENDLESS;
        sync_fails = strcmp(word, "sync-fails") == 0;
        reads_fail = strcmp(word, "reads-fail") == 0;
    }
    pthread_mutex_unlock(&control_lock);
}

static bool fits(size_t wanted, size_t *granted) {
    obey_control();
    int64_t left = room;
    *granted = left == ENDLESS || (int64_t)wanted <= left ? wanted : left > 0 ? (size_t)left : 0;
    if (*granted > 0 || wanted == 0) return true;
    errno = ENOSPC;
    return false;
}

static bool reading_fails(int descriptor) {
    if (!attached) return false;
    obey_control();
    if (!reads_fail || !inode_behind(descriptor)) return false;
    errno = EIO;
    return true;
}

/* ---- Making durable ---------------------------------------------------------------------------------------------- */

static void copy_to_platter(struct inode *inode, off_t start, off_t end) {
    char buffer[32768];
    while (start < end) {
        size_t wanted = end - start < (off_t)sizeof buffer ? (size_t)(end - start) : sizeof buffer;
        ssize_t got = REAL(pread)(inode->reader, buffer, wanted, start);
        if (got == 0) return; /* another thread shortened the file meanwhile */
        if (got < 0 || REAL(pwrite)(inode->platter, buffer, (size_t)got, start) != got) die("cannot copy to shadow");
        start += got;
    }
}

/* A failed fsync: the kernel marks the pages clean although they are not on the disk. */
static int lose(struct inode *inode, off_t start, off_t end) {
    pthread_mutex_lock(&inode->changing);
    move_between(&inode->unsynced, &inode->lost, start, end);
    save_lost(inode);
    pthread_mutex_unlock(&inode->changing);
    errno = EIO;
    return -1;
}

/* Moves the unsynced ranges between start and end out of the inode. */
static struct ranges take_unsynced(struct inode *inode, off_t start, off_t end, off_t *cut) {
    struct ranges taken = {0};
    pthread_mutex_lock(&inode->changing);
    if (inode->mapped) all_but_lost(inode);
    move_between(&inode->unsynced, &taken, start, end);
    *cut = inode->cut;
    inode->cut = ENDLESS;
    pthread_mutex_unlock(&inode->changing);
    return taken;
}

static void open_platter(struct inode *inode) {
    if (inode->platter >= 0) return;
    char name[96];
    snprintf(name, sizeof name, "inodes/%s", inode->identity);
    inode->platter = REAL(openat)(shadow, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (inode->platter < 0) die("cannot open a shadow file");
}

static int sync_bytes(struct inode *inode, off_t start, off_t end) {
    if (sync_microseconds) usleep(sync_microseconds);
    obey_control();
    if (sync_fails) return lose(inode, start, end);
    pthread_mutex_lock(&inode->syncing);
    off_t cut;
    struct ranges taken = take_unsynced(inode, start, end, &cut);
    struct stat real, durable;
    open_platter(inode);
    if (fstat(inode->reader, &real) != 0 || fstat(inode->platter, &durable) != 0) die("fstat");
    if (cut < durable.st_size && REAL(ftruncate)(inode->platter, cut) != 0) die("cannot cut a shadow file");
    for (size_t i = 0; i < taken.count; i++) {
        struct range range = taken.items[i];
        copy_to_platter(inode, range.start, range.end < real.st_size ? range.end : real.st_size);
    }
    if (REAL(ftruncate)(inode->platter, real.st_size) != 0) die("cannot set the durable length");
    pthread_mutex_unlock(&inode->syncing);
    free(taken.items);
    return 0;
}

static void print_escaped(FILE *record, const char *text) {
    fputc(' ', record);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c > ' ' && *c < 127 && *c != '%') fputc(*c, record);
        else fprintf(record, "%%%02x", *c);
}

/* One line "f|d|l identity mode name [target]"; names that vanish while we look are left out. */
static int print_entry(FILE *record, int directory, const char *name) {
    struct stat status;
    char identity[48], target[PATH_MAX];
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;
    if (!identify(directory, name, AT_SYMLINK_NOFOLLOW, identity, sizeof identity)) return 0;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode)) return 0;
    ssize_t length = S_ISLNK(status.st_mode) ? readlinkat(directory, name, target, sizeof target - 1) : 0;
    if (length < 0) return 0;
    target[length] = 0;
    char kind = S_ISREG(status.st_mode) ? 'f' : S_ISDIR(status.st_mode) ? 'd' : 'l';
    fprintf(record, "%c %s %o", kind, identity, status.st_mode & 07777);
    print_escaped(record, name);
    if (length > 0) print_escaped(record, target);
    fputc('\n', record);
    return 1;
}

/* The record begins with a line break, so that it can be told from a half-written one before it. */
static int sync_names(struct inode *inode) {
    if (sync_microseconds) usleep(sync_microseconds);
    obey_control();
    if (sync_fails) { errno = EIO; return -1; }
    char *text = NULL;
    size_t size = 0;
    int count = 0;
    pthread_mutex_lock(&inode->syncing); /* or a slower sync could append an older listing after a newer one */
    int again = REAL(openat)(inode->reader, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    FILE *record = open_memstream(&text, &size);
    if (!record) die("out of memory");
    fprintf(record, "\nbegin %s\n", inode->identity);
    pthread_mutex_lock(&renaming);
    if (again >= 0) { /* otherwise the directory has been removed */
        DIR *listing = fdopendir(again);
        if (!listing) die("cannot list a directory");
        for (struct dirent *entry; (entry = readdir(listing));)
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                count += print_entry(record, dirfd(listing), entry->d_name);
        closedir(listing);
    }
    pthread_mutex_unlock(&renaming);
    fprintf(record, "end %d\n", count);
    fclose(record);
    if (REAL(write)(entries, text, size) != (ssize_t)size) die("cannot append to entries.log");
    pthread_mutex_unlock(&inode->syncing);
    free(text);
    return 0;
}

static int make_durable(struct inode *inode) {
    struct stat status;
    if (fstat(inode->reader, &status) != 0) die("fstat");
    return S_ISDIR(status.st_mode) ? sync_names(inode) : sync_bytes(inode, 0, ENDLESS);
}

/* ---- Noting changes ---------------------------------------------------------------------------------------------- */

/* To be called after the change has happened: noted before, a sync in between could copy the old bytes and forget. */
static void note(struct inode *inode, off_t start, off_t end) {
    pthread_mutex_lock(&inode->changing);
    add(&inode->unsynced, start, end);
    if (cut_out(&inode->lost, start, end)) save_lost(inode);
    pthread_mutex_unlock(&inode->changing);
}

/* Returns the number of bytes, or -1 where the write is synchronous and the sync fails. */
static ssize_t changed(struct inode *inode, int descriptor, off_t start, ssize_t bytes, bool synchronous) {
    if (bytes <= 0) return bytes;
    note(inode, start, start + bytes);
    if (room != ENDLESS) room -= bytes;
    synchronous = synchronous || (fcntl(descriptor, F_GETFL) & O_DSYNC);
    return synchronous && sync_bytes(inode, start, start + bytes) != 0 ? -1 : bytes;
}

static void shortened(struct inode *inode, off_t length) {
    pthread_mutex_lock(&inode->changing);
    if (length < inode->cut) inode->cut = length;
    cut_out(&inode->unsynced, length, ENDLESS);
    if (cut_out(&inode->lost, length, ENDLESS)) save_lost(inode);
    pthread_mutex_unlock(&inode->changing);
}
