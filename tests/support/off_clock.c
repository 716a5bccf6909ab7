/* A wall clock that is off by TEST_CLOCK_OFFSET seconds, for the process that this is preloaded into.

   The monotonic clock stays as it is. A wait that names a moment of the wall clock is told the true one,
   since the kernel that ends it has the true clock: without that every such wait would be off too. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t offset(void) {
    static time_t value;
    static int known;
    if (!known) {
        const char *text = getenv("TEST_CLOCK_OFFSET");
        value = text == NULL ? 0 : atol(text);
        known = 1;
    }
    return value;
}

static int is_wall(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

int clock_gettime(clockid_t clock, struct timespec *told) {
    int result = (int)syscall(SYS_clock_gettime, clock, told);
    if (result == 0 && is_wall(clock))
        told->tv_sec += offset();
    return result;
}

int gettimeofday(struct timeval *restrict told, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    told->tv_sec = now.tv_sec;
    told->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (time_t)-1;
    if (told != NULL)
        *told = now.tv_sec;
    return now.tv_sec;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    static int (*original)(sem_t *, const struct timespec *);
    struct timespec true_moment = *until;
    if (original == NULL)
        original = (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    true_moment.tv_sec -= offset();
    return original(semaphore, &true_moment);
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until) {
    static int (*original)(sem_t *, clockid_t, const struct timespec *);
    struct timespec true_moment = *until;
    if (original == NULL)
        original = (int (*)(sem_t *, clockid_t, const struct timespec *))dlsym(RTLD_NEXT, "sem_clockwait");
    if (original == NULL) {
        errno = ENOSYS;
        return -1;
    }
    if (is_wall(clock))
        true_moment.tv_sec -= offset();
    return original(semaphore, clock, &true_moment);
}
