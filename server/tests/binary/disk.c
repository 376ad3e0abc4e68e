/* A disk of every temper, under a program that knows nothing of it (LD_PRELOAD): it becomes full, it fails to sync, and
   it notes in which order the program wrote, synced and answered. Only files below DISK_ROOT are concerned.

   DISK_CONTROL is a file of three numbers that the test changes while the program runs:
     room        bytes by which files may still grow; below 0 there is no end to it
     sync_error  what a sync of the write-ahead log fails with; 0 is nothing
     refused     counts writes to the write-ahead log that found no room
   DISK_TRACE is a file that gets a record for each of these: one letter, a length of 4 bytes, the bytes.
     W  the write-ahead log is written, these bytes    B  a sync of it begins
     S  that sync has ended well                       A  these bytes go to a socket */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
  _Atomic int64_t room;
  _Atomic int64_t sync_error;
  _Atomic int64_t refused;
};

enum kind { OTHER, OURS, LOG, SOCKET };

static struct control *control;
static char root[4096];
static int trace = -1;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("DISK_ROOT"), *path = getenv("DISK_CONTROL");
  if (folder && realpath(folder, root) == NULL) root[0] = 0;
  if (path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0 && mapped != MAP_FAILED) control = mapped;
    if (fd >= 0) close(fd);
  }
  path = getenv("DISK_TRACE");
  if (path) trace = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static enum kind kind_of(int fd) {
  struct stat meta;
  char link[64], path[4096];
  if (fstat(fd, &meta) != 0) return OTHER;
  if (S_ISSOCK(meta.st_mode)) return SOCKET;
  if (!S_ISREG(meta.st_mode) || !root[0] || fd == trace) return OTHER;
  char *end = link + sizeof link - 1;
  *end = 0;
  int rest = fd;
  do *--end = '0' + rest % 10; while (rest /= 10);
  static const char prefix[] = "/proc/self/fd/";
  end -= sizeof prefix - 1;
  memcpy(end, prefix, sizeof prefix - 1);
  ssize_t length = readlink(end, path, sizeof path - 1);
  if (length < 0) return OTHER;
  path[length] = 0;
  if (strncmp(path, root, strlen(root)) != 0) return OTHER;
  return strstr(path, "/tierup.db-wal") ? LOG : OURS;
}

static void note(char letter, const struct iovec *parts, int count) {
  if (trace < 0) return;
  uint32_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  int before = errno;
  pthread_mutex_lock(&order);
  syscall(SYS_write, trace, &letter, 1);
  syscall(SYS_write, trace, &length, 4);
  for (int i = 0; i < count; i++) syscall(SYS_write, trace, parts[i].iov_base, parts[i].iov_len);
  pthread_mutex_unlock(&order);
  errno = before;
}

/* How much of a write there is room for; 0 is none. */
static size_t room_for(enum kind kind, int fd, size_t length, off_t at) {
  if (!control || (kind != OURS && kind != LOG) || atomic_load(&control->room) < 0) return length;
  struct stat meta;
  if (fstat(fd, &meta) != 0) return length;
  if (at < 0) at = fcntl(fd, F_GETFL) & O_APPEND ? meta.st_size : lseek(fd, 0, SEEK_CUR);
  int64_t growth = (int64_t)at + (int64_t)length - meta.st_size;
  if (growth <= 0) return length;
  int64_t room = atomic_load(&control->room), taken;
  do taken = growth < room ? growth : room;
  while (!atomic_compare_exchange_weak(&control->room, &room, room - taken));
  int64_t allowed = (int64_t)length - growth + taken;
  if (allowed <= 0 && kind == LOG) atomic_fetch_add(&control->refused, 1);
  return allowed > 0 ? (size_t)allowed : 0;
}

static ssize_t put(int fd, const void *bytes, size_t length, off_t at) {
  enum kind kind = kind_of(fd);
  struct iovec part = {(void *)bytes, length};
  if (kind == SOCKET) note('A', &part, 1);
  if (kind == LOG) note('W', &part, 1);
  size_t allowed = room_for(kind, fd, length, at);
  if (length > 0 && allowed == 0) {
    errno = ENOSPC;
    return -1;
  }
  return at < 0 ? syscall(SYS_write, fd, bytes, allowed) : syscall(SYS_pwrite64, fd, bytes, allowed, at);
}

ssize_t write(int fd, const void *bytes, size_t length) { return put(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return put(fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return put(fd, bytes, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  enum kind kind = kind_of(fd);
  if (kind == SOCKET) note('A', parts, count);
  if (kind == OURS || kind == LOG) return count > 0 ? put(fd, parts[0].iov_base, parts[0].iov_len, -1) : 0;
  return syscall(SYS_writev, fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  struct iovec part = {(void *)bytes, length};
  note('A', &part, 1);
  return syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0);
}

static int grow(int fd, off_t to) {
  struct stat meta;
  enum kind kind = kind_of(fd);
  if (fstat(fd, &meta) == 0 && to > meta.st_size && room_for(kind, fd, to - meta.st_size, meta.st_size) == 0) {
    errno = ENOSPC;
    return -1;
  }
  return 0;
}

int ftruncate(int fd, off_t to) { return grow(fd, to) ? -1 : (int)syscall(SYS_ftruncate, fd, to); }
int ftruncate64(int fd, off64_t to) { return ftruncate(fd, to); }

static int sync_with(long call, int fd) {
  enum kind kind = kind_of(fd);
  if (kind == LOG && control && atomic_load(&control->sync_error) != 0) {
    errno = (int)atomic_load(&control->sync_error);
    return -1;
  }
  if (kind == LOG) note('B', NULL, 0);
  int done = (int)syscall(call, fd);
  if (kind == LOG && done == 0) note('S', NULL, 0);
  return done;
}

int fsync(int fd) { return sync_with(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }
