/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// How weights lie on the device, and how 32 of them are read. A matrix has rows of blocks of 32 values; each kind of data of a
// block lies in a plane of its own, so that 16 bytes can be loaded at once.
//
//   type    codes                          high                groups                      scales
//   Q4_0    16 bytes of nibbles            -                   -                           float16 d
//   Q4_1    16 bytes of nibbles            -                   -                           float16 d, m
//   Q5_0    16 bytes of nibbles            4 bytes: fifth bit  -                           float16 d
//   Q5_1    16 bytes of nibbles            4 bytes: fifth bit  -                           float16 d, m
//   Q8_0    32 signed bytes                -                   -                           float16 d
//   IQ4_NL  16 bytes of nibbles: levels    -                   -                           float16 d
//   IQ4_XS  16 bytes of nibbles: levels    -                   signed byte: scale          float16 d for 8 blocks
//   MXFP4   16 bytes of nibbles: levels    -                   byte: exponent              -
//   Q2_K    8 bytes: bits 0, 1             -                   2 bytes: scale, minimum     float16 d, dmin for 8 blocks
//   Q3_K    8 bytes: bits 0, 1             4 bytes: third bit  2 signed bytes: scales      float16 d for 8 blocks
//   Q4_K    16 bytes of nibbles            -                   bytes scale, minimum        float16 d, dmin for 8 blocks
//   Q5_K    16 bytes of nibbles            4 bytes: fifth bit  bytes scale, minimum        float16 d, dmin for 8 blocks
//   Q6_K    16 bytes of nibbles            8 bytes: bits 4, 5  2 signed bytes: scales      float16 d for 8 blocks
//   BF16, F16, F32: plain rows in codes
//
// Nibbles: byte i of a block holds value i low and value 16 + i high. Single bits: bit j of byte i belongs to value 4j + i.
// Pairs of bits: bits 2m and 2m+1 of byte i of word k belong to value 16k + 4m + i. Levels are numbers in a table.
#pragma once
#include "gpu.h"

struct Weights {
  const uint8_t *codes, *high, *groups, *scales;
};

enum Type { Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, IQ4_XS, MXFP4, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, BF16, F16, F32 };

/** 32 values: w = scale[i / 16] * q[i] + offset[i / 16], where q are bytes in natural order, four a word. */
struct Codes {
  int q[8];
  float scale[2], offset[2];
  __device__ __forceinline__ void all(float s, float o) { scale[0] = scale[1] = s; offset[0] = offset[1] = o; }
};

/** A block as it lies in memory: what was loaded and not looked at yet, so that other work can be done until it has come. */
struct Raw {
  uint4 codes, more;
  uint2 high;
  unsigned group, scale;
};

/** A block of 32, or 8 plain values. */
template <int T> static __device__ __forceinline__ void load(const Weights &w, size_t block, Raw &r) {
  if (T == Q8_0 || T == F32) {
    r.codes = fetch((const uint4 *) w.codes + 2 * block);
    r.more = fetch((const uint4 *) w.codes + 2 * block + 1);
  } else if (T == Q2_K || T == Q3_K) {
    uint2 two = fetch((const uint2 *) w.codes + block);
    r.codes.x = two.x;
    r.codes.y = two.y;
  } else {
    r.codes = fetch((const uint4 *) w.codes + block);
  }
  if (T == Q6_K) { r.high = fetch((const uint2 *) w.high + block); }
  if (T == Q5_0 || T == Q5_1 || T == Q3_K || T == Q5_K) { r.high.x = fetch((const uint32_t *) w.high + block); }
  if (T == IQ4_XS || T == MXFP4) { r.group = fetch(w.groups + block); }
  if (T >= Q2_K && T <= Q6_K) { r.group = fetch((const uint16_t *) w.groups + block); }
  if (T == Q4_1 || T == Q5_1) { r.scale = fetch((const uint32_t *) w.scales + block); }
  if (T == Q2_K || T == Q4_K || T == Q5_K) { r.scale = fetch((const uint32_t *) w.scales + block / 8); }
  if (T == Q4_0 || T == Q5_0 || T == Q8_0 || T == IQ4_NL) { r.scale = fetch((const uint16_t *) w.scales + block); }
  if (T == IQ4_XS || T == Q3_K || T == Q6_K) { r.scale = fetch((const uint16_t *) w.scales + block / 8); }
}

static __device__ __forceinline__ float half_of(unsigned bits) {
  uint16_t low = (uint16_t) bits;
  __half h;
  memcpy(&h, &low, 2);
  return __half2float(h);
}

static __device__ __forceinline__ float2 halves_of(unsigned bits) { return make_float2(half_of(bits), half_of(bits >> 16)); }

static __device__ __forceinline__ void nibbles(uint4 v, Codes &c) {
  c.q[0] = (int) (v.x & 0x0f0f0f0f); c.q[4] = (int) (v.x >> 4 & 0x0f0f0f0f);
  c.q[1] = (int) (v.y & 0x0f0f0f0f); c.q[5] = (int) (v.y >> 4 & 0x0f0f0f0f);
  c.q[2] = (int) (v.z & 0x0f0f0f0f); c.q[6] = (int) (v.z >> 4 & 0x0f0f0f0f);
  c.q[3] = (int) (v.w & 0x0f0f0f0f); c.q[7] = (int) (v.w >> 4 & 0x0f0f0f0f);
}

/** Sixteen signed bytes. */
struct Levels {
  uint32_t words[4];
};

/** The levels that the four lowest nibbles of a word name. */
static __device__ __forceinline__ uint32_t four_levels(const Levels &t, uint32_t nibbles) {
  uint32_t at = nibbles & 0x7777, low = __byte_perm(t.words[0], t.words[1], at), high = __byte_perm(t.words[2], t.words[3], at);
  return __byte_perm(low, high, 0x3210 | (nibbles & 0x8888) >> 1);
}

template <int T> static __device__ __forceinline__ void levels(uint4 v, Codes &c) {
  // IQ4: -127 -104 -83 -65 -49 -35 -22 -10 1 13 25 38 53 69 89 113; E2M1, doubled: 0 1 2 3 4 6 8 12 and the same below zero
  constexpr Levels table = T == MXFP4 ? Levels{{0x03020100, 0x0c080604, 0xfdfeff00, 0xf4f8fafc}} : Levels{{0xbfad9881, 0xf6eaddcf, 0x26190d01, 0x71594535}};
  uint32_t words[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
  for (int i = 0; i < 4; i++) {
    uint32_t first = four_levels(table, words[i]), second = four_levels(table, words[i] >> 16);
    c.q[i] = (int) __byte_perm(first, second, 0x6420);
    c.q[4 + i] = (int) __byte_perm(first, second, 0x7531);
  }
}

/** Adds a bit to each code, as its bit number `at`. */
static __device__ __forceinline__ void single_bits(uint32_t high, int at, Codes &c) {
#pragma unroll
  for (int j = 0; j < 8; j++) { c.q[j] |= (int) ((high >> j & 0x01010101) << at); }
}

/** Adds two bits to each code, from number `at` on. */
static __device__ __forceinline__ void pairs_of_bits(uint32_t first, uint32_t second, int at, Codes &c) {
#pragma unroll
  for (int j = 0; j < 8; j++) { c.q[j] |= (int) (((j < 4 ? first : second) >> 2 * (j & 3) & 0x03030303) << at); }
}

/** Takes a number from each byte, which is less than 128 and so is the number. */
static __device__ __forceinline__ void subtract(Codes &c, uint32_t four) {
#pragma unroll
  for (int j = 0; j < 8; j++) { c.q[j] = (int) ((((uint32_t) c.q[j] | 0x80808080) - four) ^ 0x80808080); }
}

/** Signed bytes as scales of both halves. */
static __device__ __forceinline__ void signed_scales(const Raw &r, Codes &c) {
  float d = half_of(r.scale);
  c.all(0, 0);
  c.scale[0] = d * (int8_t) (r.group & 255);
  c.scale[1] = d * (int8_t) (r.group >> 8);
}

static __device__ __forceinline__ void scale_and_minimum(const Raw &r, Codes &c) {
  float2 d = halves_of(r.scale);
  c.all(d.x * (r.group & 255), -d.y * (r.group >> 8));
}

template <int T> static __device__ __forceinline__ void unpack(const Raw &r, Codes &c) {
  if (T == Q8_0) {
    c.q[0] = (int) r.codes.x; c.q[1] = (int) r.codes.y; c.q[2] = (int) r.codes.z; c.q[3] = (int) r.codes.w;
    c.q[4] = (int) r.more.x; c.q[5] = (int) r.more.y; c.q[6] = (int) r.more.z; c.q[7] = (int) r.more.w;
    c.all(half_of(r.scale), 0);
    return;
  }
  if (T == Q2_K || T == Q3_K) {
    for (int j = 0; j < 8; j++) { c.q[j] = 0; }
    pairs_of_bits(r.codes.x, r.codes.y, 0, c);
  } else if (T == IQ4_NL || T == IQ4_XS || T == MXFP4) {
    levels<T>(r.codes, c);
  } else {
    nibbles(r.codes, c);
  }
  if (T == Q4_0) {
    float d = half_of(r.scale);
    c.all(d, -8 * d);
  } else if (T == Q5_0) {
    single_bits(r.high.x, 4, c);
    float d = half_of(r.scale);
    c.all(d, -16 * d);
  } else if (T == Q4_1 || T == Q5_1) {
    if (T == Q5_1) { single_bits(r.high.x, 4, c); }
    float2 d = halves_of(r.scale);
    c.all(d.x, d.y);
  } else if (T == IQ4_NL) {
    c.all(half_of(r.scale), 0);
  } else if (T == IQ4_XS) {
    c.all(half_of(r.scale) * (int8_t) r.group, 0);
  } else if (T == MXFP4) {
    int e = (int) r.group;   // half of 2^(e - 127): the lowest two are subnormal, and 255 is no number
    c.all(__int_as_float(e == 255 ? 0x7fffffff : e < 2 ? 0x00200000 << e : (e - 1) << 23), 0);
  } else if (T == Q2_K) {
    float2 d = halves_of(r.scale);
    c.scale[0] = d.x * (r.group & 15); c.offset[0] = -d.y * (r.group >> 4 & 15);
    c.scale[1] = d.x * (r.group >> 8 & 15); c.offset[1] = -d.y * (r.group >> 12);
  } else if (T == Q3_K) {
    single_bits(r.high.x, 2, c);
    subtract(c, 0x04040404);
    signed_scales(r, c);
  } else if (T == Q4_K) {
    scale_and_minimum(r, c);
  } else if (T == Q5_K) {
    scale_and_minimum(r, c);
    single_bits(r.high.x, 4, c);
  } else {   // Q6_K
    pairs_of_bits(r.high.x, r.high.y, 4, c);
    subtract(c, 0x20202020);
    signed_scales(r, c);
  }
}

template <int T> static __device__ __forceinline__ void read(const Weights &w, size_t block, Codes &c) {
  Raw r;
  load<T>(w, block, r);
  unpack<T>(r, c);
}

static __device__ __forceinline__ float value(const Codes &c, int i) {
  return c.scale[i / 16] * (float) (int8_t) (c.q[i / 4] >> 8 * (i % 4)) + c.offset[i / 16];
}

template <int T> static __device__ __forceinline__ float plain(const uint8_t *codes, size_t index) {
  if (T == BF16) { return __bfloat162float(((const __nv_bfloat16 *) codes)[index]); }
  if (T == F16) { return __half2float(((const __half *) codes)[index]); }
  return ((const float *) codes)[index];
}

/** Eight plain values. */
template <int T> static __device__ __forceinline__ void unpack(const Raw &r, float (&v)[8]) {
  uint32_t words[8] = {r.codes.x, r.codes.y, r.codes.z, r.codes.w, r.more.x, r.more.y, r.more.z, r.more.w};
#pragma unroll
  for (int i = 0; i < 8; i++) {
    uint32_t half = words[i / 2] >> 16 * (i % 2);
    v[i] = T == F32 ? __int_as_float((int) words[i]) : T == BF16 ? __int_as_float((int) (half << 16)) : half_of(half);
  }
}

/** Eight plain values from an index that is a multiple of eight. */
template <int T> static __device__ __forceinline__ void eight(const uint8_t *codes, size_t index, float (&v)[8]) {
  Raw r;
  load<T>(Weights{codes, nullptr, nullptr, nullptr}, index / 8, r);
  unpack<T>(r, v);
}

/** Four values of a row that nobody writes meanwhile, as weights are loaded. */
static __device__ __forceinline__ float4 fetch_four(const float *row, size_t at) {
  uint4 v = fetch((const uint4 *) row + at);
  return make_float4(__int_as_float((int) v.x), __int_as_float((int) v.y), __int_as_float((int) v.z), __int_as_float((int) v.w));
}

/** Where a kernel puts what the next one multiplies: as floats, as codes with (scale, scale x sum of codes) a block, as bfloat16; null if not wanted. */
struct Output {
  float *floats;
  int8_t *codes;
  float2 *scales;
  __nv_bfloat16 *halves;
};

static __device__ __forceinline__ float warp_sum(float v) {
#pragma unroll
  for (int o = 16; o; o >>= 1) { v += __shfl_xor_sync(~0u, v, o); }
  return v;
}

static __device__ __forceinline__ float warp_max(float v) {
#pragma unroll
  for (int o = 16; o; o >>= 1) { v = fmaxf(v, __shfl_xor_sync(~0u, v, o)); }
  return v;
}

/** Of the codes of a block with this largest value: what one is worth, and how many a value of 1 has. Where all is next to nothing, zeros. */
static __device__ __forceinline__ float2 scale_of_codes(float most) { return most > 1e-30f ? make_float2(most / 127, 127 / most) : make_float2(0, 0); }

/** Puts a block of 32, one value a lane; index is that of the lane's value. All lanes of the warp take part. */
static __device__ __forceinline__ void put(const Output &o, size_t index, float v) {
  if (o.floats) { o.floats[index] = v; }
  if (o.halves) { o.halves[index] = __float2bfloat16(v); }
  if (o.codes) {
    float2 scale = scale_of_codes(warp_max(fabsf(v)));
    int q = __float2int_rn(v * scale.y), total = q;
#pragma unroll
    for (int s = 16; s; s >>= 1) { total += __shfl_xor_sync(~0u, total, s); }
    o.codes[index] = (int8_t) q;
    if (threadIdx.x % 32 == 0) { o.scales[index / 32] = make_float2(scale.x, scale.x * total); }
  }
}

/** The same with four values a lane, eight lanes a block of 32; index is that of the first. there: whether they are to be put, the same for these eight lanes. */
static __device__ __forceinline__ void put_four(const Output &o, size_t index, float4 v, bool there) {
  if (o.floats && there) { *(float4 *) (o.floats + index) = v; }
  if (o.halves && there) {
    uint2 four;
    four.x = pack_bf16(v.x, v.y);
    four.y = pack_bf16(v.z, v.w);
    *(uint2 *) (o.halves + index) = four;
  }
  if (o.codes) {
    float most = fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w)));
#pragma unroll
    for (int s = 4; s; s >>= 1) { most = fmaxf(most, __shfl_xor_sync(~0u, most, s)); }
    float2 scale = scale_of_codes(most);
    int a = __float2int_rn(v.x * scale.y), b = __float2int_rn(v.y * scale.y), c = __float2int_rn(v.z * scale.y), d = __float2int_rn(v.w * scale.y);
    int total = a + b + c + d;
#pragma unroll
    for (int s = 4; s; s >>= 1) { total += __shfl_xor_sync(~0u, total, s); }
    if (there) {
      *(uint32_t *) (o.codes + index) = (a & 255) | (b & 255) << 8 | (c & 255) << 16 | (uint32_t) d << 24;
      if (threadIdx.x % 8 == 0) { o.scales[index / 32] = make_float2(scale.x, scale.x * total); }
    }
  }
}

/** How a gate opens: kind 0: silu, 1: gelu (tanh), 2: clamped swiglu. */
struct Gate {
  int kind;
  float alpha, limit;
  __device__ __forceinline__ float operator()(float g, float u) const {
    if (kind == 0) { return g / (1 + expf(-g)) * u; }
    if (kind == 1) { return 0.5f * g * (1 + tanhf(0.79788456080286535588f * (g + 0.044715f * g * g * g))) * u; }
    g = fminf(g, limit);
    u = fminf(fmaxf(u, -limit), limit);
    return g / (1 + expf(-alpha * g)) * (u + 1);
  }
};
