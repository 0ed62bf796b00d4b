/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// What the C++ that ptx_to_cpp.py makes of PTX calls: instructions as the PTX ISA 8.8 has them. The threads are the fibers of gpu_cpu.h; tensor
// core steps are written anew from the tables of the ISA, so that they do not repeat a mistake of the sources.
#pragma once
#include "gpu_cpu.h"
#include <fenv.h>
#include <limits>

/** Shared memory, where an address has 32 bits: as much as a block can have on any device. */
enum { SHARED_BYTES = 227 << 10 };
inline unsigned char *const ARENA = (unsigned char *) mmap(nullptr, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
inline const bool ARENA_OF_BLOCKS = (gpu::begin_block = [] { memset(ARENA, 0xff, SHARED_BYTES); }, true);   // nobody may count on what was there

template <class T> static inline T get(const unsigned char *at) { T v; memcpy(&v, at, sizeof v); return v; }
template <class T> static inline void set(unsigned char *at, T v) { memcpy(at, &v, sizeof v); }
static inline float F(uint32_t bits) { return __int_as_float((int) bits); }
static inline uint32_t U(float f) { return (uint32_t) __float_as_int(f); }

// ---- memory
static inline unsigned char *at(unsigned char *p, size_t bytes) {
  if ((size_t) p % bytes) { gpu::die("an address that is no multiple of what is read or written"); }
  return p;
}
static inline unsigned char *at_shared(unsigned char *p, size_t bytes) {
  if (p < ARENA || p + bytes > ARENA + SHARED_BYTES) { gpu::die("an address outside of shared memory"); }
  return at(p, bytes);
}
static inline void copy(unsigned char *to, unsigned char *from, uint32_t bytes) {
  if (bytes % 16) { gpu::die("a copy of neither 0 nor 16 bytes"); }
  copy_async(at_shared(to, 16), from, bytes != 0);
}
static inline uint32_t increment(unsigned char *p, uint32_t most) { return atomicInc((unsigned *) at(p, 4), most); }

// ---- numbers
static inline uint16_t to_bf16(float f) { return __float2bfloat16(f).v; }
static inline float of_bf16(uint32_t bits) { return bf16_of_bits(bits); }
static inline uint16_t to_f16(float f) { return (uint16_t) f16_bits(f); }
static inline float of_f16(uint32_t bits) { return f16_of_bits(bits); }
static inline uint32_t fma_bf16x2(uint32_t a, uint32_t b, uint32_t c) {
  return (uint32_t) to_bf16(fmaf(of_bf16(a >> 16), of_bf16(b >> 16), of_bf16(c >> 16))) << 16 | to_bf16(fmaf(of_bf16(a), of_bf16(b), of_bf16(c)));
}
static inline uint32_t sub_f16x2(uint32_t a, uint32_t b) { return (uint32_t) to_f16(of_f16(a >> 16) - of_f16(b >> 16)) << 16 | to_f16(of_f16(a) - of_f16(b)); }
static inline float saturate(float x) { return x > 1 ? 1 : x > 0 ? x : 0; }
/** The device gives zero for results that are subnormal. */
static inline float ex2(float x) { float r = exp2f(x); return r < std::numeric_limits<float>::min() ? 0 : r; }
/** a * b + c, rounded down. */
static __attribute__((noinline)) float fma_down(float a, float b, float c) {
  volatile float x = a, y = b, z = c;
  fesetround(FE_DOWNWARD);
  volatile float r = fmaf(x, y, z);
  fesetround(FE_TONEAREST);
  return r;
}
template <class T> static inline T to_integer(float x) {
  if (x != x) { return 0; }
  double least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  return x <= least ? std::numeric_limits<T>::min() : x >= most ? std::numeric_limits<T>::max() : (T) x;
}
template <class T> static inline T shl(T a, uint32_t by) { return by >= 8 * sizeof(T) ? 0 : (T) (a << by); }
template <class T> static inline T shr(T a, uint32_t by) { return by >= 8 * sizeof(T) ? (T) (a < 0 ? -1 : 0) : (T) (a >> by); }
static inline uint32_t popc(uint32_t a) { return (uint32_t) __popc(a); }
static inline uint32_t prmt(uint32_t a, uint32_t b, uint32_t selectors) { return __byte_perm(a, b, selectors); }
static inline uint32_t bfi(uint32_t a, uint32_t b, uint32_t from, uint32_t bits) {
  if (from > 31 || bits == 0) { return b; }
  uint32_t mask = (bits >= 32 ? ~0u : (1u << bits) - 1) << from;
  return (b & ~mask) | (a << from & mask);
}
static inline uint32_t dp4a(uint32_t a, uint32_t b, uint32_t c) { return (uint32_t) __dp4a((int) a, (int) b, (int) c); }

// ---- warps
static inline void all_lanes(uint32_t mask) { if (mask != ~0u) { gpu::die("an exchange of a part of a warp"); } }
/** The lane whose word comes is `of`, if the last operand allows it. */
#define SHUFFLE(kind, of, allowed) static inline uint32_t shuffle_##kind(uint32_t v, uint32_t b, uint32_t c, uint32_t mask, bool &valid) { \
    all_lanes(mask); \
    gpu::Exchange e(&v, sizeof v); \
    int lane = (int) e.lane, segment = c >> 8 & 31, bound = (lane & segment) | (c & 31 & ~segment), by = b & 31, from = of; \
    valid = allowed; \
    return e[valid ? from : lane][0]; \
  }
SHUFFLE(up, lane - by, from >= bound)
SHUFFLE(down, lane + by, from <= bound)
SHUFFLE(bfly, lane ^ by, from <= bound)
SHUFFLE(idx, (lane & segment) | (by & ~segment), from <= bound)
static inline uint32_t match(uint32_t v, uint32_t mask) { all_lanes(mask); return __match_any_sync(mask, (int) v); }
static inline int32_t reduce_min(int32_t v, uint32_t mask) { all_lanes(mask); return __reduce_min_sync(mask, v); }
static inline int32_t reduce_max(int32_t v, uint32_t mask) { all_lanes(mask); return __reduce_max_sync(mask, v); }

/** m16n8k16: "Matrix Fragments for mma.m16n8k16 with floating point type". Each lane lays the parts of all into whole matrices. */
template <float (*NUMBER)(uint32_t)> static inline void mma(float (&d)[4], const uint32_t (&mine)[6]) {
  gpu::Exchange e(mine, sizeof mine);
  float a[16][16], b[16][8];
  for (int lane = 0; lane < 32; lane++) {
    int group = lane >> 2, in_group = lane % 4;
    for (int i = 0; i < 8; i++) {
      int row = i < 2 || (i >= 4 && i < 6) ? group : group + 8, column = in_group * 2 + (i & 1) + (i >= 4 ? 8 : 0);
      a[row][column] = NUMBER(e[lane][i / 2] >> 16 * (i & 1));
    }
    for (int i = 0; i < 4; i++) {
      int row = in_group * 2 + (i & 1) + (i >= 2 ? 8 : 0);
      b[row][group] = NUMBER(e[lane][4 + i / 2] >> 16 * (i & 1));
    }
  }
  for (int i = 0; i < 4; i++) {
    int row = i < 2 ? (int) e.lane >> 2 : (int) (e.lane >> 2) + 8, column = (int) e.lane % 4 * 2 + (i & 1);
    for (int k = 0; k < 16; k++) { d[i] = fmaf(a[row][k], b[k][column], d[i]); }
  }
}
