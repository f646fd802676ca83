/* Changes a file by one call, then syncs it in one way: calls CALL SYNC PATH. See calls.rs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define TEXT "after"
#define LENGTH 5
#define AT 7

static const char *call, *sync_by;

static void expect(int happened, const char *what) {
    if (happened) return;
    perror(what);
    exit(1);
}

static int is(const char *name) { return strcmp(call, name) == 0; }
static int synced_by(const char *name) { return strcmp(sync_by, name) == 0; }

/* Where calls that copy take the text from. */
static int text_in_memory(void) {
    int file = memfd_create("text", 0);
    expect(write(file, TEXT, LENGTH) == LENGTH && lseek(file, 0, SEEK_SET) == 0, "memfd");
    return file;
}

/* Outside the root, on the same file system, as copy_file_range may need it. */
static int text_on_disk(const char *path) {
    char name[4096];
    snprintf(name, sizeof name, "%.*s/../text", (int)(strrchr(path, '/') - path), path);
    int file = open(name, O_RDWR | O_CREAT, 0600);
    expect(write(file, TEXT, LENGTH) == LENGTH && lseek(file, 0, SEEK_SET) == 0, name);
    return file;
}

static int text_pipe(void) {
    int ends[2];
    expect(pipe(ends) == 0 && write(ends[1], TEXT, LENGTH) == LENGTH, "pipe");
    return ends[0];
}

static ssize_t change(int file, const char *path, char *mapping) {
    struct iovec pieces[] = {{TEXT, 2}, {TEXT + 2, LENGTH - 2}};
    off_t at = AT;
    if (is("write") || is("append")) return write(file, TEXT, LENGTH);
    if (is("writev")) return writev(file, pieces, 2);
    if (is("pwrite") || is("pwrite-append")) return pwrite(file, TEXT, LENGTH, AT);
    if (is("pwritev")) return pwritev(file, pieces, 2, AT);
    if (is("pwritev2")) return pwritev2(file, pieces, 2, AT, synced_by("RWF_DSYNC") ? RWF_DSYNC : 0);
    if (is("pwritev2-here")) return pwritev2(file, pieces, 2, -1, 0);
    if (is("sendfile")) return sendfile(file, text_in_memory(), NULL, LENGTH);
    if (is("copy_file_range")) return copy_file_range(text_on_disk(path), NULL, file, NULL, LENGTH, 0);
    if (is("copy_file_range-at")) return copy_file_range(text_on_disk(path), NULL, file, &at, LENGTH, 0);
    if (is("splice")) return splice(text_pipe(), NULL, file, NULL, LENGTH, 0);
    if (is("splice-at")) return splice(text_pipe(), NULL, file, &at, LENGTH, 0);
    if (is("fallocate")) return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, AT, LENGTH) + LENGTH;
    if (is("posix_fallocate")) return posix_fallocate(file, 0, 100) + LENGTH;
    if (is("ftruncate")) return ftruncate(file, AT) + LENGTH;
    if (is("truncate")) return truncate(path, AT) + LENGTH;
    if (is("open")) return open(path, O_WRONLY | O_TRUNC) > 0 ? LENGTH : -1;
    if (is("openat")) return openat(AT_FDCWD, path, O_WRONLY | O_TRUNC) > 0 ? LENGTH : -1;
    if (is("creat")) return creat(path, 0600) > 0 ? LENGTH : -1;
    if (is("mmap")) return memcpy(mapping + AT, TEXT, LENGTH) == mapping + AT ? LENGTH : -1;
    return -1;
}

int main(int count, char **arguments) {
    expect(count == 4, "usage: calls CALL SYNC PATH");
    call = arguments[1];
    sync_by = arguments[2];
    const char *path = arguments[3];
    int synchronous = synced_by("O_SYNC") ? O_SYNC : synced_by("O_DSYNC") ? O_DSYNC : 0;
    int append = is("append") || is("pwrite-append") ? O_APPEND : 0;
    int file = open(path, O_RDWR | synchronous | append);
    expect(file >= 0, path);
    char *mapping = is("mmap") ? mmap(NULL, 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : NULL;
    expect(mapping != MAP_FAILED, "mmap");
    /* Synced once before, so that the shim knows the file and has to see the call itself. */
    if (!synchronous) expect(fsync(file) == 0, "fsync");
    expect(change(file, path, mapping) == LENGTH, call);
    if (synced_by("fsync")) expect(fsync(file) == 0, sync_by);
    if (synced_by("fdatasync")) expect(fdatasync(file) == 0, sync_by);
    if (synced_by("sync_file_range")) expect(sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE) == 0, sync_by);
    if (synced_by("msync")) expect(msync(mapping, 20, MS_SYNC) == 0, sync_by);
    if (synced_by("msync-async")) expect(msync(mapping, 20, MS_ASYNC) == 0, sync_by);
    return 0;
}
