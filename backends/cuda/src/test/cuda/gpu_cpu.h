/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Runs CUDA kernels on a CPU, one block at a time, its threads as fibers of one OS thread. For parity tests, not for speed.
// Threads switch only at barriers and warp exchanges; their order is shuffled by gpu::seed, so a missing barrier shows as a
// result that depends on the seed, and a barrier that some threads do not reach as an abort with a message.
#pragma once
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <algorithm>
#include <functional>
#include <numeric>
#include <map>
#include <string>
#include <vector>
#include <sys/mman.h>
#if !defined(__x86_64__) && !defined(GPU_UCONTEXT)
#define GPU_UCONTEXT
#endif
#ifdef GPU_UCONTEXT
#include <ucontext.h>
#endif
#ifdef __aarch64__
typedef __fp16 gpu_float16;   // g++ 12 has _Float16 in C++ on x86 only
#else
typedef _Float16 gpu_float16;
#endif

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __shared__ static
#define __restrict__ __restrict
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define GPU_KERNEL(name) extern "C" void name
#define GPU_KERNEL_OF(threads, blocks, name) GPU_BOUNDED(threads, name)
#define GPU_BOUNDED(threads, name) static const int threads_of_##name = gpu::bound(#name, threads); GPU_KERNEL(name)

namespace gpu {
/** Most threads of a block of each kernel that says so: a device refuses more. */
inline std::map<std::string, unsigned> &bounds() { static std::map<std::string, unsigned> all; return all; }
inline int bound(const char *kernel, unsigned threads) { bounds()[kernel] = threads; return 0; }
}

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {} };
struct __attribute__((aligned(8))) int2 { int x, y; };
struct __attribute__((aligned(8))) uint2 { unsigned x, y; };
struct __attribute__((aligned(8))) float2 { float x, y; };
struct __attribute__((aligned(16))) int4 { int x, y, z, w; };
struct __attribute__((aligned(16))) uint4 { unsigned x, y, z, w; };
struct __attribute__((aligned(16))) float4 { float x, y, z, w; };
static inline int2 make_int2(int a, int b) { return {a, b}; }
static inline float2 make_float2(float a, float b) { return {a, b}; }
static inline float4 make_float4(float a, float b, float c, float d) { return {a, b, c, d}; }

// ---- numbers
struct __half { gpu_float16 v; };
struct __attribute__((aligned(4))) __half2 { __half x, y; };
struct __nv_bfloat16 { uint16_t v; };
typedef __half half;
static inline float __half2float(__half h) { return (float) h.v; }
static inline __half __float2half(float f) { return {(gpu_float16) f}; }
static inline __half __float2half_rn(float f) { return {(gpu_float16) f}; }
static inline float __bfloat162float(__nv_bfloat16 b) { uint32_t u = (uint32_t) b.v << 16; float f; memcpy(&f, &u, 4); return f; }
static inline __nv_bfloat16 __float2bfloat16(float f) {
  uint32_t u; memcpy(&u, &f, 4);
  return {(uint16_t) (f != f ? 0x7fff : (u + 0x7fff + ((u >> 16) & 1)) >> 16)};
}
static inline int __float2int_rn(float f) { return (int) rintf(f); }
static inline float __int_as_float(int i) { float f; memcpy(&f, &i, 4); return f; }
static inline int __float_as_int(float f) { int i; memcpy(&i, &f, 4); return i; }
static inline void sincospif(float x, float *s, float *c) { *s = (float) sin(M_PI * (double) x); *c = (float) cos(M_PI * (double) x); }
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
#define __expf expf   // glibc has functions of these names
static inline float __fdividef(float a, float b) { return a / b; }
static inline int min(int a, int b) { return a < b ? a : b; }
static inline int max(int a, int b) { return a > b ? a : b; }
static inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 4; i++) { c += (int) (int8_t) (a >> 8 * i) * (int) (int8_t) (b >> 8 * i); }
  return c;
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
static inline unsigned __byte_perm(unsigned a, unsigned b, unsigned s) {
  uint64_t v = (uint64_t) b << 32 | a; unsigned r = 0;
  for (int i = 0; i < 4; i++) { unsigned k = s >> 4 * i & 7, byte = v >> 8 * k & 255; if (s >> 4 * i & 8) { byte = byte & 128 ? 255 : 0; } r |= byte << 8 * i; }
  return r;
}
static inline float power_of_two(float x) { return exp2f(x); }

// ---- fibers
namespace gpu {
/** A copy that is on its way: to shared memory, from where (null: zeros), and how many groups had been ended before. */
struct Copy { void *to; const void *from; unsigned group; };
struct Fiber { std::vector<Copy> copies; unsigned groups; void *sp; char *stack; int state; bool begun; unsigned x, y, z, lane, exchange; uint32_t shown[2][12];
#ifdef GPU_UCONTEXT
  ucontext_t context;
#endif
};
enum { RUNS, AT_BLOCK, AT_WARP, DONE };
inline std::vector<Fiber> fibers;
/** What is done before each block. */
inline void (*begin_block)() = [] {};
inline Fiber *current;
inline Fiber host;
inline std::function<void()> body;
inline uint64_t seed = 1;
inline dim3 grid_dim, block_dim;
inline uint3 block_idx;
inline unsigned live;
inline const size_t STACK = 64 << 10;
inline uint64_t draw() { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return seed; }
[[noreturn]] inline void die(const char *what) { fprintf(stderr, "gpu: %s (block %u,%u,%u)\n", what, block_idx.x, block_idx.y, block_idx.z); abort(); }
#ifndef GPU_UCONTEXT
extern "C" void gpu_switch(void **from, void *to);
asm(".text\n.weak gpu_switch\n.type gpu_switch,@function\ngpu_switch:\n"
    "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
    "mov %rsp,(%rdi)\nmov %rsi,%rsp\n"
    "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n.size gpu_switch,.-gpu_switch\n");
inline void go(Fiber *f) { current = f; gpu_switch(&host.sp, f->sp); }
inline void back() { Fiber *f = current; gpu_switch(&f->sp, host.sp); }
#else
inline void go(Fiber *f) { current = f; swapcontext(&host.context, &f->context); }
inline void back() { swapcontext(&current->context, &host.context); }
#endif
inline void check_begun() { if (!current->begun) { die("a kernel whose first statement is not begin_kernel()"); } }
inline void entry() { body(); check_begun(); if (!current->copies.empty()) { die("a copy that nobody waited for"); } current->state = DONE; back(); abort(); }
inline void prepare(Fiber *f) {
  if (!f->stack) {
    char *m = (char *) mmap(nullptr, STACK + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(m, 4096, PROT_NONE);   // a stack that overflows faults
    f->stack = m + 4096;
  }
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(f->stack + STACK - 4096, 4096);   // entry(), which never returns, has left its frame there
#endif
#ifndef GPU_UCONTEXT
  void **top = (void **) (f->stack + STACK); *--top = nullptr; *--top = (void *) entry;
  for (int i = 0; i < 6; i++) { *--top = nullptr; }
  f->sp = top;
#else
  getcontext(&f->context); f->context.uc_stack.ss_sp = f->stack; f->context.uc_stack.ss_size = STACK; f->context.uc_link = nullptr;
  makecontext(&f->context, (void (*)()) entry, 0);
#endif
  f->state = RUNS; f->begun = false; f->exchange = 0; f->copies.clear(); f->groups = 0;
}
/** Lets each lane of a warp go on to its next barrier, in an order drawn by lot; whether one could. */
inline bool take_turn(Fiber *warp, unsigned lanes) {
  unsigned lot = (unsigned) (draw() >> 16), first = lot >> 8, by = lot | 1, at = 0, done = 0;   // an odd step meets all 32
  bool moved = false;
  for (unsigned i = 0; i < 32; i++) {
    unsigned lane = (first + i * by) & 31;
    if (lane >= lanes) { continue; }
    Fiber *f = warp + lane;
    if (f->state == RUNS) { moved = true; go(f); if (f->state == DONE) { live--; } }
    at += f->state == AT_WARP; done += f->state == DONE;
  }
  // a barrier opens when everybody has arrived
  if (at && at + done == lanes) {
    if (done) { die("a warp exchange that some lanes left out"); }
    for (unsigned i = 0; i < lanes; i++) { warp[i].state = RUNS; }
    moved = true;
  }
  return moved;
}
inline void run_block() {
  unsigned n = block_dim.x * block_dim.y * block_dim.z;
  if (fibers.size() < n) { fibers.resize(n); }
  for (unsigned i = 0; i < n; i++) {
    prepare(&fibers[i]); fibers[i].lane = i & 31;
    fibers[i].x = i % block_dim.x; fibers[i].y = i / block_dim.x % block_dim.y; fibers[i].z = i / (block_dim.x * block_dim.y);
  }
  live = n;
  while (live) {
    // one warp after another, in an order drawn by lot; some get ahead of others
    unsigned lot = (unsigned) (draw() >> 16), first = lot >> 8, by = lot | 1;
    bool moved = false;
    for (unsigned i = 0; i < 32; i++) {
      unsigned w = ((first + i * by) & 31) * 32;
      if (w >= n) { continue; }
      for (unsigned turns = 1 + (draw() >> 16 & 15); turns && take_turn(&fibers[w], std::min(32u, n - w)); turns--) { moved = true; }
    }
    unsigned at = 0;
    for (unsigned i = 0; i < n; i++) { at += fibers[i].state == AT_BLOCK; }
    if (at && at == live) {
      if (live < n) { die("a __syncthreads that some threads left out by returning"); }
      for (unsigned i = 0; i < n; i++) { fibers[i].state = RUNS; }
      moved = true;
    }
    if (!moved) { die("threads wait at different barriers"); }
  }
}
inline void wait(int state) { check_begun(); current->state = state; back(); }
// Each barrier of the sources has a number, from when it is met; one of them may be left out, to see that tests notice.
struct Barrier { const char *file; int line; };
inline std::vector<Barrier> barriers;
inline int dropped = -1;
inline int barrier(const char *file, int line) {
  for (size_t i = 0; i < barriers.size(); i++) { if (barriers[i].line == line && !strcmp(barriers[i].file, file)) { return (int) i; } }
  barriers.push_back({file, line});
  return (int) barriers.size() - 1;
}
/** Everybody shows words, then looks at those of the others; two places in turn, so that one barrier an exchange is enough. */
struct Exchange {
  const Fiber *warp; unsigned lane, place;
  Exchange(const void *mine, size_t bytes) : warp(current - current->lane), lane(current->lane), place(current->exchange++ & 1) {
    memcpy(current->shown[place], mine, bytes); wait(AT_WARP);
  }
  const uint32_t *operator[](unsigned of) const { return warp[of].shown[place]; }
};
/** Blocks come in an order drawn by lot, too: a step that has no divisor in common with their number meets all. */
template <class F> void launch(dim3 grid, dim3 block, F &&kernel) {
  grid_dim = grid; block_dim = block; body = kernel;
  uint64_t all = (uint64_t) grid.x * grid.y * grid.z, at = draw() % all, by = draw() % all;
  while (std::gcd(by, all) != 1) { by = (by + 1) % all; }
  for (uint64_t i = 0; i < all; i++, at = (at + by) % all) {
    begin_block();
    block_idx = {(unsigned) (at % grid.x), (unsigned) (at / grid.x % grid.y), (unsigned) (at / grid.x / grid.y)};
    run_block();
  }
}
struct ThreadIdx { struct X { operator unsigned() const { return current->x; } } x; struct Y { operator unsigned() const { return current->y; } } y; struct Z { operator unsigned() const { return current->z; } } z; };
}
inline gpu::ThreadIdx threadIdx;
#define blockIdx gpu::block_idx
#define blockDim gpu::block_dim
#define gridDim gpu::grid_dim
static const int warpSize = 32;
#define GPU_BARRIER(state) do { static const int here = gpu::barrier(__FILE__, __LINE__); if (here != gpu::dropped) { gpu::wait(gpu::state); } } while (0)
#define __syncthreads() GPU_BARRIER(AT_BLOCK)
#define __syncwarp(...) GPU_BARRIER(AT_WARP)
static inline void __threadfence() {}
static inline void begin_kernel() { gpu::current->begun = true; }
static inline void prefetch(const void *) {}
template <class T> static inline T *in_global(T *at) { return at; }
static inline bool last_of_blocks(unsigned *count, unsigned all) {
  static bool last;
  __syncthreads();
  if (gpu::current->x == 0) { last = *count == all - 1; *count = last ? 0 : *count + 1; }
  __syncthreads();
  return last;
}
template <class T> static inline T __ldg(const T *p) { if ((size_t) p % sizeof(T)) { gpu::die("a load from an address that is no multiple of its size"); } return *p; }
template <class T> static inline T __ldcs(const T *p) { return __ldg(p); }
template <class T> static inline T __ldcg(const T *p) { return __ldg(p); }
// Copies are done as late as may be, when they are waited for; from the beginning on, nothing of what lay there can be read any more.
static inline void copy_async(void *shared, const void *global, bool there) {
  if (((size_t) shared | (size_t) global) % 16) { gpu::die("a copy of 16 bytes at an address that is no multiple of 16"); }
  memset(shared, 0xff, 16);
  gpu::current->copies.push_back({shared, there ? global : nullptr, gpu::current->groups});
}
static inline void end_copies() { gpu::current->groups++; }
template <int N> static inline void await_copies() {
  auto &copies = gpu::current->copies;
  size_t done = 0;
  for (; done < copies.size() && copies[done].group + N < gpu::current->groups; done++) {
    if (copies[done].from) { memcpy(copies[done].to, copies[done].from, 16); } else { memset(copies[done].to, 0, 16); }
  }
  copies.erase(copies.begin(), copies.begin() + (ptrdiff_t) done);
}
template <class T> static inline T fetch_left(const T *p) { return __ldg(p); }
template <class T> static inline T fetch(const T *p) { return __ldg(p); }
template <class T> static inline T __shfl_sync(unsigned, T v, int lane, int width = 32) {
  gpu::Exchange e(&v, sizeof v); int me = e.lane; T r; memcpy(&r, e[(me & ~(width - 1)) + (lane & (width - 1))], sizeof r); return r;
}
template <class T> static inline T __shfl_xor_sync(unsigned, T v, int mask, int = 32) {
  gpu::Exchange e(&v, sizeof v); T r; memcpy(&r, e[e.lane ^ mask], sizeof r); return r;
}
template <class T> static inline T __shfl_down_sync(unsigned, T v, int by, int width = 32) {
  gpu::Exchange e(&v, sizeof v); int me = e.lane; T r; memcpy(&r, e[(me & (width - 1)) + by < width ? me + by : me], sizeof r); return r;
}
template <class T> static inline T __shfl_up_sync(unsigned, T v, int by, int width = 32) {
  gpu::Exchange e(&v, sizeof v); int me = e.lane; T r; memcpy(&r, e[(me & (width - 1)) >= by ? me - by : me], sizeof r); return r;
}
static inline unsigned __ballot_sync(unsigned, int p) {
  gpu::Exchange e(&p, sizeof p); unsigned r = 0; for (int i = 0; i < 32; i++) { r |= (e[i][0] != 0) << i; } return r;
}
static inline unsigned __match_any_sync(unsigned, int v) {
  gpu::Exchange e(&v, sizeof v); unsigned r = 0; for (int i = 0; i < 32; i++) { r |= ((int) e[i][0] == v) << i; } return r;
}
static inline int __any_sync(unsigned m, int p) { return __ballot_sync(m, p) != 0; }
static inline int __all_sync(unsigned m, int p) { return __ballot_sync(m, p) == ~0u; }
static inline int __reduce_add_sync(unsigned, int v) { gpu::Exchange e(&v, 4); int r = 0; for (int i = 0; i < 32; i++) { r += (int) e[i][0]; } return r; }
static inline int __reduce_max_sync(unsigned, int v) { gpu::Exchange e(&v, 4); int r = v; for (int i = 0; i < 32; i++) { r = std::max(r, (int) e[i][0]); } return r; }
static inline int __reduce_min_sync(unsigned, int v) { gpu::Exchange e(&v, 4); int r = v; for (int i = 0; i < 32; i++) { r = std::min(r, (int) e[i][0]); } return r; }
template <class T> static inline T atomicAdd(T *p, T v) { T o = *p; *p = o + v; return o; }
static inline unsigned atomicInc(unsigned *p, unsigned m) { unsigned o = *p; *p = o >= m ? 0 : o + 1; return o; }
static inline int atomicMax(int *p, int v) { int o = *p; *p = o > v ? o : v; return o; }

// ---- tensor cores: every lane shows its fragments, then works out its own four results
template <class P> static inline void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], P part) {
  float mine[12];
  for (int i = 0; i < 12; i++) { mine[i] = part((i < 8 ? a[i / 2] : b[i / 2 - 4]) >> 16 * (i & 1)); }
  gpu::Exchange e(mine, sizeof mine); int lane = e.lane, g = lane >> 2, t = lane & 3;
  for (int i = 0; i < 4; i++) {
    int row = g + (i >> 1) * 8, col = 2 * t + (i & 1); float sum = 0;
    for (int k = 0; k < 16; k++) {
      int of = (k & 7) / 2, high = k >> 3;
      sum += ((const float *) e[(row & 7) * 4 + of])[2 * ((row >> 3) + 2 * high) + (k & 1)] * ((const float *) e[col * 4 + of])[8 + 2 * high + (k & 1)];
    }
    d[i] += sum;
  }
}
static inline float bf16_of_bits(uint32_t w) { return __bfloat162float({(uint16_t) w}); }
static inline float f16_of_bits(uint32_t w) { uint16_t u = (uint16_t) w; __half h; memcpy(&h, &u, 2); return __half2float(h); }
static inline uint32_t f16_bits(float f) { __half h = __float2half_rn(f); uint16_t u; memcpy(&u, &h, 2); return u; }
static inline void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_m16n8k16(d, a, b, bf16_of_bits); }
static inline void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_m16n8k16(d, a, b, f16_of_bits); }
static inline uint32_t pack_bf16(float low, float high) { return (uint32_t) __float2bfloat16(low).v | (uint32_t) __float2bfloat16(high).v << 16; }
static inline uint32_t pack_f16(float low, float high) { return f16_bits(low) | f16_bits(high) << 16; }
static inline uint32_t subtract_f16(uint32_t a, uint32_t b) { return pack_f16(f16_of_bits(a) - f16_of_bits(b), f16_of_bits(a >> 16) - f16_of_bits(b >> 16)); }
static inline uint32_t subtract_bf16(uint32_t a, uint32_t b) { return pack_bf16(bf16_of_bits(a) - bf16_of_bits(b), bf16_of_bits(a >> 16) - bf16_of_bits(b >> 16)); }
