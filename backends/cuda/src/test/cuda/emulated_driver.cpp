/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// A libcuda.so.1 without a GPU: the same entry points, memory on the heap, kernels run by gpu_cpu.h. Java opens it instead of the
// driver, so the whole backend (executor, caches, graphs, export of states) is tested without a device. Calls can be made to fail, and what
// is not given back is counted: the functions emulated_* are for tests.  g++ -O1 -std=c++17 -shared -fPIC
#ifdef PTX   // the committed text, made to C++ by ptx_to_cpp.py
#include "ptx_cpu.h"
#include "ptx_kernels.h"
#else
#include "../../main/cuda/common.cu"
#define TYPE Q8_0
#include "../../main/cuda/weights.cu"
#undef TYPE
#ifndef FEW_TYPES   // for the sanitizer in each build
#define TYPE Q4_0
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q4_1
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q5_0
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q5_1
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE IQ4_NL
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE IQ4_XS
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE MXFP4
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q2_K
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q3_K
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q4_K
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q5_K
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE Q6_K
#include "../../main/cuda/weights.cu"
#undef TYPE
#endif
#define PLAIN
#define TYPE BF16
#include "../../main/cuda/weights.cu"
#undef TYPE
#ifndef FEW_TYPES
#define TYPE F16
#include "../../main/cuda/weights.cu"
#undef TYPE
#define TYPE F32
#include "../../main/cuda/weights.cu"
#undef TYPE
#endif
#endif
#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

typedef int CUresult, CUdevice; typedef unsigned long long CUdeviceptr; typedef void *CUcontext, *CUmodule, *CUfunction, *CUstream, *CUevent, *CUgraph, *CUgraphExec;
enum { CUDA_SUCCESS = 0, CUDA_ERROR_INVALID_VALUE = 1, CUDA_ERROR_OUT_OF_MEMORY = 2, CUDA_ERROR_INVALID_DEVICE = 101, CUDA_ERROR_INVALID_HANDLE = 400, CUDA_ERROR_NOT_FOUND = 500, CUDA_ERROR_LASTING = 700, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900 };

// ---- faults, for tests
enum Call { ALLOC, HOST_ALLOC, LAUNCH, COPY, WAIT, STREAM, MODULE, FUNCTION, GRAPH, EARLY, EVENT, KINDS };
static long long called[KINDS], left = 0;
static int armed = -1, armed_code = 0, capability = 80, hurry = 0;
typedef std::vector<std::function<void()>> Graph;
struct Stream { Graph *capturing = nullptr; bool kernel_last = false; Graph waiting; long long done = 0; };   // done as late as may be: when somebody waits, or frees something
struct Event { Stream *stream = nullptr; long long behind = 0; };   // so much of what was ever queued there is in front of it
/** A device. */
struct Board {
  int lost = 0, retained = 0;
  long long live[KINDS] = {};   // bytes of device and host memory; streams, modules, graphs, events
  Stream zero;
  std::set<Stream *> streams = {&zero};
  std::map<CUdeviceptr, size_t> allocated;
  std::map<void *, size_t> host_allocated;
};
enum { MOST_BOARDS = 2 };
static Board boards[MOST_BOARDS];
static int board_count = 1;
static size_t device_memory = (size_t) 1 << 32;
static thread_local Board *here = boards;   // the one whose context is current
/** What a call of a kind gives: the error of a device that is lost, the one that a test has asked for, or 0. */
static int fault(int kind) {
  if (here->lost) { return here->lost; }
  called[kind]++;
  if (kind != armed || --left > 0) { return CUDA_SUCCESS; }
  armed = -1;
  if (armed_code >= CUDA_ERROR_LASTING) { here->lost = armed_code; }
  return armed_code;
}
#define MAY_FAIL(kind) if (int error = fault(kind)) { return error; }
/** What a device does not do while a graph is recorded. */
#define NOT_RECORDED for (Stream *t : here->streams) { if (t->capturing) { return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED; } }
extern "C" {
/** Lets the n-th call of a kind from now on fail with a code; from 700 on the device is lost until its context is given back. */
void emulated_fail(int kind, long long n, int code) { armed = kind; left = n; armed_code = code; }
long long emulated_called(int kind) { return called[kind]; }
/** What is in use: bytes for memory, else a number of things. */
long long emulated_live(int kind) { long long sum = 0; for (auto &b : boards) { sum += b.live[kind]; } return sum; }
/** The same of one device. */
long long emulated_live_on(int kind, int device) { return boards[device].live[kind]; }
/** So many devices are there from now on. */
void emulated_devices(int count) { board_count = count; }
/** What is queued and not done. */
long long emulated_waiting() { long long sum = 0; for (auto &b : boards) { for (Stream *t : b.streams) { sum += (long long) t->waiting.size(); } } return sum; }
/** The order in which threads run from now on. */
void emulated_schedule(long long seed) { gpu::seed = (uint64_t) seed * 2654435761u + 1; }
/** Leaves a barrier of the sources out; -1: none. */
void emulated_drop(int barrier) { gpu::dropped = barrier; }
/** The memory of each device from now on. */
void emulated_memory(long long bytes) { device_memory = (size_t) bytes; }
/** What the device says it can compute, as ten times the major number plus the minor one. */
void emulated_capability(int tenfold) { capability = tenfold; }
/** 1: from now on all is done when it is queued, 0: as late as may be. */
void emulated_hurry(int now) { hurry = now; }
/** Barriers met so far. */
int emulated_barriers() { return (int) gpu::barriers.size(); }
const char *emulated_barrier_file(int barrier) { return gpu::barriers[barrier].file; }
int emulated_barrier_line(int barrier) { return gpu::barriers[barrier].line; }
}

struct Kernel { std::function<void(const char *, dim3, dim3)> run; size_t bytes; bool waits = false; unsigned most_threads = 1024; };
#ifdef PTX
#define K(f, bytes, threads) {#f, {[](const char *p, dim3 g, dim3 b) { gpu::launch(g, b, [=] { f##_ptx((const unsigned char *) p); }); }, bytes, false, threads}}
static std::map<std::string, Kernel> kernels = {PTX_KERNELS};
#else
template <class T> static size_t place(size_t &at) { at = (at + alignof(T) - 1) / alignof(T) * alignof(T); size_t r = at; at += sizeof(T); return r; }
template <class... A> static void unpack(void (*f)(A...), const char *packed, dim3 g, dim3 b) {
  size_t at = 0;
  std::tuple<A...> args{[&] { A v; memcpy((void *) &v, packed + place<A>(at), sizeof v); return v; }()...};   // braces: left to right
  gpu::launch(g, b, [&] { std::apply(f, args); });
}
template <class... A> static size_t packed_bytes(void (*)(A...)) { size_t at = 0; (place<A>(at), ...); return at; }
#define K(f) {#f, {[](const char *p, dim3 g, dim3 b) { unpack(f, p, g, b); }, packed_bytes(f)}}
#define OF_WEIGHTS(T) K(embed_##T), K(gated_floats_##T), K(conv_floats_##T), K(matmul_##T##_64_64), K(matmul_##T##_128_48), K(matmul_##T##_128_96), K(matvec_floats_##T##_1), K(matvec_floats_##T##_8)
#define OF_PLAIN(T) OF_WEIGHTS(T), K(matvec_floats_##T##_2), K(matvec_floats_##T##_4)
#define OF_CODES(T) OF_WEIGHTS(T), K(gated_codes_##T), K(conv_codes_##T), K(repack_##T), K(matvec_codes_##T##_1), K(matvec_codes_##T##_2), K(matvec_codes_##T##_4), K(matvec_codes_##T##_8)
#define OF_KEYS(T) K(place_##T), K(attend_##T##_16_1), K(attend_##T##_32_1), K(attend_##T##_64_1), K(attend_##T##_64_8), K(attend_##T##_128_1), \
    K(attend_##T##_128_4), K(attend_##T##_to128_1), K(attend_##T##_to128_4), K(attend_##T##_to256_1), K(attend_##T##_to256_2)
#define OF_TENSOR_CORES(T) K(flash_tiles_##T##_64), K(flash_tiles_##T##_128), K(flash_singles_##T##_64), K(flash_singles_##T##_128)
static std::map<std::string, Kernel> kernels = {K(add_norm_1), K(add_norm_4), K(glu), K(short_conv), K(normed_route), K(route_1), K(route_8), K(group), K(combine), K(quantise), K(bound), K(penalise),
    K(norm_projections), K(best_of_chunks), K(best_of_rows), K(read_likeliest), OF_KEYS(KV_F32), OF_KEYS(KV_F16), OF_KEYS(KV_Q8), OF_TENSOR_CORES(KV_F16), OF_TENSOR_CORES(KV_Q8), OF_PLAIN(BF16), OF_CODES(Q8_0),
#ifndef FEW_TYPES
    OF_PLAIN(F16), OF_PLAIN(F32), OF_CODES(Q4_0), OF_CODES(Q4_1), OF_CODES(Q5_0), OF_CODES(Q5_1), OF_CODES(IQ4_NL), OF_CODES(IQ4_XS),
    OF_CODES(MXFP4), OF_CODES(Q2_K), OF_CODES(Q3_K), OF_CODES(Q4_K), OF_CODES(Q5_K), OF_CODES(Q6_K)
#endif
};
#endif
struct Module { const std::string *text; };   // empty: a cubin, whose kernels are not looked up
static std::set<std::string> texts;   // of all modules so far: they are large, and the same again and again
static std::map<std::pair<const std::string *, std::string>, bool> entries;
static std::set<std::string> found;   // kernels
static std::mutex running;   // kernels share their shared memory
static Stream *queue(CUstream s) { return s ? (Stream *) s : &here->zero; }
/** Does what waits in front of a place. */
static void work_off(Board *b, Stream *t, long long behind = INT64_MAX) {
  size_t n = std::min<long long>(t->waiting.size(), std::max<long long>(0, behind - t->done));
  for (size_t i = 0; i < n; i++) { if (!b->lost) { t->waiting[i](); } }
  t->waiting.erase(t->waiting.begin(), t->waiting.begin() + n);
  t->done += n;
}
static CUresult submit(CUstream s, std::function<void()> work, bool kernel = false) {
  Stream *t = queue(s);
  std::lock_guard<std::mutex> one(running);
  if (!here->streams.count(t)) { return CUDA_ERROR_INVALID_HANDLE; }   // of another device
  t->kernel_last = kernel;
  (t->capturing ? *t->capturing : t->waiting).push_back(work);
  if (hurry) { work_off(here, t); }
  return CUDA_SUCCESS;
}
static void finish(CUstream s) { std::lock_guard<std::mutex> one(running); work_off(here, queue(s)); }
static void finish_all(Board *b = here) { std::lock_guard<std::mutex> one(running); for (Stream *t : b->streams) { work_off(b, t); } }
extern "C" {
/** The kernels that were found in modules, since they were forgotten. */
int emulated_kernels() { return (int) found.size(); }
void emulated_forget_kernels() { found.clear(); }
const char *emulated_kernel(int n) { return std::next(found.begin(), n)->c_str(); }
CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *v) { *v = 13000; return CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *n) { *n = board_count; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *d, int i) { *d = i; return i < board_count ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE; }
CUresult cuDeviceGetName(char *n, int len, CUdevice) { snprintf(n, len, "Emulated"); return CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int *v, int a, CUdevice) {
  *v = a == 75 ? capability / 10 : a == 76 ? capability % 10 : a == 16 ? 2 : a == 10 ? 32 : 0; return CUDA_SUCCESS; }
CUresult cuDeviceTotalMem_v2(size_t *b, CUdevice) { *b = device_memory; return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRetain(CUcontext *c, CUdevice d) { Board *b = boards + d; if (b->lost) { return b->lost; } b->retained++; *c = (CUcontext) b; return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice d) {
  Board *b = boards + d;
  if (--b->retained > 0) { return CUDA_SUCCESS; }
  if (!b->lost) { finish_all(b); }
  for (Stream *t : b->streams) { t->waiting.clear(); }
  b->streams = {&b->zero};   // those of a device that is lost cannot be destroyed
  b->lost = 0;   // the next context is a new one, and all that the old one had is gone
  for (auto &a : b->allocated) { free((void *) a.first); }
  for (auto &a : b->host_allocated) { free(a.first); }
  b->allocated.clear(); b->host_allocated.clear();
  for (auto &l : b->live) { l = 0; }
  return CUDA_SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext c) { here = c ? (Board *) c : boards; return here->lost; }
CUresult cuGetErrorName(CUresult, const char **s) { *s = "CUDA_ERROR_EMULATED"; return CUDA_SUCCESS; }
CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t n) {
  MAY_FAIL(ALLOC)
  NOT_RECORDED
  if (here->live[ALLOC] + n > device_memory) { return CUDA_ERROR_OUT_OF_MEMORY; }
  void *m = aligned_alloc(256, (n + 255) / 256 * 256);
  if (!m) { return CUDA_ERROR_OUT_OF_MEMORY; }
  memset(m, 0xff, n);   // nobody may count on zeros: these are no numbers
  *p = (CUdeviceptr) m; here->allocated[*p] = n; here->live[ALLOC] += (long long) n;
  return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr p) {
  if (here->lost) { return here->lost; }
  NOT_RECORDED
  finish_all();
  auto a = here->allocated.find(p);
  if (a == here->allocated.end()) { return 1; }
  here->live[ALLOC] -= (long long) a->second; here->allocated.erase(a); free((void *) p);
  return CUDA_SUCCESS;
}
CUresult cuMemGetInfo_v2(size_t *unused, size_t *total) { *total = device_memory; *unused = device_memory - here->live[ALLOC]; return CUDA_SUCCESS; }
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr d, CUdeviceptr h, size_t n, CUstream s) { MAY_FAIL(COPY) return submit(s, [=] { memcpy((void *) d, (void *) h, n); }); }
CUresult cuMemHostAlloc(void **p, size_t n, unsigned) {
  MAY_FAIL(HOST_ALLOC)
  NOT_RECORDED
  *p = aligned_alloc(256, (n + 255) / 256 * 256);
  if (!*p) { return CUDA_ERROR_OUT_OF_MEMORY; }
  memset(*p, 0xcd, n);
  here->host_allocated[*p] = n; here->live[HOST_ALLOC] += (long long) n;
  return CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void *p) {
  if (here->lost) { return here->lost; }
  NOT_RECORDED
  finish_all();
  auto a = here->host_allocated.find(p);
  if (a == here->host_allocated.end()) { return 1; }
  here->live[HOST_ALLOC] -= (long long) a->second; here->host_allocated.erase(a); free(p);
  return CUDA_SUCCESS;
}
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr d, const void *h, size_t n, CUstream s) { MAY_FAIL(COPY) return submit(s, [=] { memcpy((void *) d, h, n); }); }
CUresult cuMemcpyDtoHAsync_v2(void *h, CUdeviceptr d, size_t n, CUstream s) { MAY_FAIL(COPY) return submit(s, [=] { memcpy(h, (void *) d, n); }); }
CUresult cuMemsetD8Async(CUdeviceptr d, unsigned char v, size_t n, CUstream s) { MAY_FAIL(COPY) return submit(s, [=] { memset((void *) d, v, n); }); }
CUresult cuStreamCreate(CUstream *s, unsigned) { MAY_FAIL(STREAM) here->live[STREAM]++; std::lock_guard<std::mutex> one(running); *s = (CUstream) *here->streams.insert(new Stream).first; return CUDA_SUCCESS; }
CUresult cuStreamDestroy_v2(CUstream s) { if (here->lost) { return here->lost; } finish(s); here->live[STREAM]--; std::lock_guard<std::mutex> one(running); here->streams.erase((Stream *) s); delete (Stream *) s; return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream s) { NOT_RECORDED int error = fault(WAIT); finish(s); return error; }
CUresult cuEventCreate(CUevent *e, unsigned) { MAY_FAIL(EVENT) here->live[EVENT]++; *e = (CUevent) new Event; return CUDA_SUCCESS; }
CUresult cuEventDestroy_v2(CUevent e) { if (here->lost) { return here->lost; } here->live[EVENT]--; delete (Event *) e; return CUDA_SUCCESS; }
CUresult cuEventRecord(CUevent e, CUstream s) {
  MAY_FAIL(EVENT)
  Stream *t = queue(s);
  std::lock_guard<std::mutex> one(running);
  if (!here->streams.count(t)) { return CUDA_ERROR_INVALID_HANDLE; }
  t->kernel_last = false;
  *(Event *) e = {t, t->done + (long long) t->waiting.size()};
  return CUDA_SUCCESS;
}
CUresult cuEventSynchronize(CUevent e) {
  NOT_RECORDED
  int error = fault(WAIT);
  std::lock_guard<std::mutex> one(running);
  if (((Event *) e)->stream) { work_off(here, ((Event *) e)->stream, ((Event *) e)->behind); }
  return error;
}
CUresult cuStreamBeginCapture_v2(CUstream s, int) { if (here->lost) { return here->lost; } queue(s)->capturing = new Graph; queue(s)->kernel_last = false; return CUDA_SUCCESS; }
CUresult cuStreamEndCapture(CUstream s, CUgraph *g) { *g = (CUgraph) ((Stream *) s)->capturing; ((Stream *) s)->capturing = nullptr; return here->lost; }
CUresult cuGraphInstantiateWithFlags(CUgraphExec *e, CUgraph g, unsigned long long) { MAY_FAIL(GRAPH) here->live[GRAPH]++; *e = (CUgraphExec) new Graph(*(Graph *) g); return CUDA_SUCCESS; }
CUresult cuGraphDestroy(CUgraph g) { delete (Graph *) g; return CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec e) { if (here->lost) { return here->lost; } finish_all(); here->live[GRAPH]--; delete (Graph *) e; return CUDA_SUCCESS; }
CUresult cuGraphLaunch(CUgraphExec e, CUstream s) { MAY_FAIL(LAUNCH) return submit(s, [=] { for (auto &w : *(Graph *) e) { w(); } }); }
CUresult cuModuleLoadDataEx(CUmodule *m, const void *image, unsigned, int *, void **) {
  MAY_FAIL(MODULE)
  NOT_RECORDED
  here->live[MODULE]++;
  *m = (CUmodule) new Module{&*texts.insert(memcmp(image, "\177ELF", 4) ? (const char *) image : "").first};
  return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule m) { if (here->lost) { return here->lost; } here->live[MODULE]--; delete (Module *) m; return CUDA_SUCCESS; }
/** The kernel must be in the module that was loaded, too. */
CUresult cuModuleGetFunction(CUfunction *f, CUmodule m, const char *name) {
  MAY_FAIL(FUNCTION)
  auto k = kernels.find(name);
  const std::string *text = ((Module *) m)->text;
  auto known = entries.find({text, name});
  if (known == entries.end()) {
    known = entries.insert({{text, name}, text->empty() || text->find(std::string(".entry ") + name + "(") != std::string::npos}).first;
  }
  if (k == kernels.end() || !known->second) { return CUDA_ERROR_NOT_FOUND; }
  k->second.waits = text->find("griddepcontrol.wait") != std::string::npos;
  auto bound = gpu::bounds().find(name);
  if (bound != gpu::bounds().end()) { k->second.most_threads = bound->second; }
  found.insert(name);
  *f = (CUfunction) &k->second;
  return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction, int, int) { return CUDA_SUCCESS; }
/** Refuses what a device refuses: grids and blocks that are too large or empty, and other arguments than the kernel has. */
static CUresult launch_kernel(CUfunction f, dim3 grid, dim3 block, unsigned shared, CUstream s, void **extra) {
  Kernel *k = (Kernel *) f;
  unsigned long long threads = 1ull * block.x * block.y * block.z, blocks = 1ull * grid.x * grid.y * grid.z;
  if (!threads || threads > k->most_threads || block.z > 64 || !blocks || grid.x > INT32_MAX || grid.y > 65535 || grid.z > 65535 || shared > 48 << 10 ||
      *(size_t *) extra[3] != k->bytes) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  std::string packed((const char *) extra[1], *(size_t *) extra[3]);
  return submit(s, [=] { ((Kernel *) f)->run(packed.data(), grid, block); }, true);
}
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, CUstream s, void **, void **extra) {
  MAY_FAIL(LAUNCH)
  return launch_kernel(f, dim3(gx, gy, gz), dim3(bx, by, bz), shared, s, extra);
}
struct LaunchAttribute { int id, pad; long long value[8]; };
struct LaunchConfig { unsigned gx, gy, gz, bx, by, bz, shared; CUstream stream; LaunchAttribute *attributes; unsigned count; };
/** Only for kernels that wait themselves, right behind another one. */
CUresult cuLaunchKernelEx(const LaunchConfig *c, CUfunction f, void **, void **extra) {
  MAY_FAIL(LAUNCH)
  if (c->count != 1 || c->attributes->id != 6 || (int) c->attributes->value[0] != 1 || !((Kernel *) f)->waits || capability < 90 || !queue(c->stream)->kernel_last) { return CUDA_ERROR_INVALID_VALUE; }
  called[EARLY]++;
  return launch_kernel(f, dim3(c->gx, c->gy, c->gz), dim3(c->bx, c->by, c->bz), c->shared, c->stream, extra);
}
}
