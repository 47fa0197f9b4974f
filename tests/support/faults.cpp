// Preloaded into normrun by tests/cli/faults_test.py: lets one chosen call of the system fail, or ends the process there.
//   NORMRUN_FAULT=CALL:K:WHAT   the K-th CALL since main began (1: the first one)
//     CALL   open (for writing), write, fsync (and fdatasync), rename, malloc (and its kin), thread (its start)
//     WHAT   ENOSPC, EIO, EINTR, ENOMEM, EAGAIN; short (a write of half the bytes); kill (SIGKILL instead of the call)
//   NORMRUN_FAULT_COUNT=FILE    at the end: how many such calls there were
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>

namespace {

struct Fault {
  char call[16] = "";
  long place = 0;
  char what[16] = "";
};

Fault fault;
bool armed = false;
std::atomic<long> count{0};
int (*real_main)(int, char**, char**) = nullptr;

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

enum class Verdict { kPass, kFail, kShort };

Verdict judge(const char* call) {
  if (!armed || strcmp(call, fault.call) != 0 || ++count != fault.place) return Verdict::kPass;
  if (strcmp(fault.what, "kill") == 0) raise(SIGKILL);
  if (strcmp(fault.what, "short") == 0) return Verdict::kShort;
  constexpr struct {
    const char* name;
    int number;
  } kErrors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"ENOMEM", ENOMEM}, {"EAGAIN", EAGAIN}};
  for (const auto& error : kErrors) {
    if (strcmp(fault.what, error.name) == 0) errno = error.number;
  }
  return Verdict::kFail;
}

void write_count() {
  armed = false;
  const char* const path = getenv("NORMRUN_FAULT_COUNT");
  FILE* const file = path == nullptr ? nullptr : fopen(path, "w");
  if (file == nullptr) return;
  fprintf(file, "%ld\n", count.load());
  fclose(file);
}

int counted_main(int argc, char** argv, char** environment) {
  const char* const text = getenv("NORMRUN_FAULT");
  if (text != nullptr) sscanf(text, "%15[^:]:%ld:%15s", fault.call, &fault.place, fault.what);
  armed = true;
  const int status = real_main(argc, argv, environment);
  write_count();
  return status;
}

int open_file(const char* path, int flags, mode_t mode) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if (writes && judge("open") == Verdict::kFail) return -1;
  return next<int(const char*, int, ...)>("open")(path, flags, mode);
}

mode_t mode_of(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0; }

}  // namespace

extern "C" {

int __libc_start_main(int (*main_function)(int, char**, char**), int argc, char** argv, void (*init)(), void (*fini)(), void (*loader)(),
                      void* stack) {
  real_main = main_function;
  return next<int(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*)>("__libc_start_main")(
      counted_main, argc, argv, init, fini, loader, stack);
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  const Verdict verdict = judge("write");
  if (verdict == Verdict::kFail) return -1;
  return next<ssize_t(int, const void*, size_t)>("write")(descriptor, bytes, verdict == Verdict::kShort ? (size + 1) / 2 : size);
}

int fsync(int descriptor) { return judge("fsync") == Verdict::kFail ? -1 : next<int(int)>("fsync")(descriptor); }
int fdatasync(int descriptor) { return judge("fsync") == Verdict::kFail ? -1 : next<int(int)>("fdatasync")(descriptor); }

int rename(const char* from, const char* to) {
  return judge("rename") == Verdict::kFail ? -1 : next<int(const char*, const char*)>("rename")(from, to);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  if (judge("thread") == Verdict::kFail) return errno;
  return next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create")(thread, attributes, start, argument);
}

// glibc's own names: dlsym may itself allocate.
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) { return judge("malloc") == Verdict::kFail ? nullptr : __libc_malloc(size); }
void* calloc(size_t number, size_t size) { return judge("malloc") == Verdict::kFail ? nullptr : __libc_calloc(number, size); }
void* realloc(void* memory, size_t size) { return judge("malloc") == Verdict::kFail ? nullptr : __libc_realloc(memory, size); }
void* aligned_alloc(size_t alignment, size_t size) {
  return judge("malloc") == Verdict::kFail ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, size_t alignment, size_t size) {
  if (judge("malloc") == Verdict::kFail) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}
