/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// How weights lie on the device, and how 32 of them are read. A matrix has rows of blocks of 32 values; each kind of data of a
// block lies in a plane of its own, so that 16 bytes can be loaded at once.
//
//   type   codes                          high                groups                    scales
//   Q4_0   16 bytes of nibbles            -                   -                         float16 d
//   Q8_0   32 signed bytes                -                   -                         float16 d
//   Q4_K   16 bytes of nibbles            -                   bytes scale, minimum      float16 d, dmin for 8 blocks
//   Q5_K   16 bytes of nibbles            4 bytes: fifth bit  bytes scale, minimum      float16 d, dmin for 8 blocks
//   Q6_K   16 bytes of nibbles            8 bytes: bits 4, 5  2 signed bytes: scales    float16 d for 8 blocks
//   BF16, F16, F32: plain rows in codes
//
// Nibbles: byte i of a block holds value i low and value 16 + i high. Fifth bits: bit j of byte i belongs to value 4j + i.
// Bits 4 and 5: bits 2m and 2m+1 of byte i of word k belong to value 16k + 4m + i.
#pragma once
#include "gpu.h"

struct Weights {
  const uint8_t *codes, *high, *groups, *scales;
};

enum Type { Q4_0, Q8_0, Q4_K, Q5_K, Q6_K, BF16, F16, F32 };

/** 32 values: w = scale[i / 16] * q[i] + offset, where q are bytes in natural order, four a word. */
struct Codes {
  int q[8];
  float scale[2], offset;
};

static __device__ __forceinline__ float half_at(const uint8_t *p, size_t index) { return __half2float(__ldg((const __half *) p + index)); }

static __device__ __forceinline__ void nibbles(const Weights &w, size_t block, Codes &c) {
  uint4 v = __ldg((const uint4 *) w.codes + block);
  c.q[0] = (int) (v.x & 0x0f0f0f0f); c.q[4] = (int) (v.x >> 4 & 0x0f0f0f0f);
  c.q[1] = (int) (v.y & 0x0f0f0f0f); c.q[5] = (int) (v.y >> 4 & 0x0f0f0f0f);
  c.q[2] = (int) (v.z & 0x0f0f0f0f); c.q[6] = (int) (v.z >> 4 & 0x0f0f0f0f);
  c.q[3] = (int) (v.w & 0x0f0f0f0f); c.q[7] = (int) (v.w >> 4 & 0x0f0f0f0f);
}

static __device__ __forceinline__ void scale_and_minimum(const Weights &w, size_t block, Codes &c) {
  uint32_t d = __ldg((const uint32_t *) w.scales + block / 8);
  unsigned g = __ldg((const uint16_t *) w.groups + block);
  __half h[2];
  memcpy(h, &d, 4);
  c.scale[0] = c.scale[1] = __half2float(h[0]) * (g & 255);
  c.offset = -__half2float(h[1]) * (g >> 8);
}

template <int T> static __device__ __forceinline__ void read(const Weights &w, size_t block, Codes &c) {
  if (T == Q8_0) {
    uint4 a = __ldg((const uint4 *) w.codes + 2 * block), b = __ldg((const uint4 *) w.codes + 2 * block + 1);
    c.q[0] = (int) a.x; c.q[1] = (int) a.y; c.q[2] = (int) a.z; c.q[3] = (int) a.w;
    c.q[4] = (int) b.x; c.q[5] = (int) b.y; c.q[6] = (int) b.z; c.q[7] = (int) b.w;
    c.scale[0] = c.scale[1] = half_at(w.scales, block);
    c.offset = 0;
    return;
  }
  nibbles(w, block, c);
  if (T == Q4_0) {
    c.scale[0] = c.scale[1] = half_at(w.scales, block);
    c.offset = -8 * c.scale[0];
  } else if (T == Q4_K) {
    scale_and_minimum(w, block, c);
  } else if (T == Q5_K) {
    scale_and_minimum(w, block, c);
    uint32_t high = __ldg((const uint32_t *) w.high + block);
#pragma unroll
    for (int j = 0; j < 8; j++) { c.q[j] |= (int) ((high >> j & 0x01010101) << 4); }
  } else {   // Q6_K
    uint2 high = __ldg((const uint2 *) w.high + block);
#pragma unroll
    for (int j = 0; j < 8; j++) {
      uint32_t q = (uint32_t) c.q[j] | ((j < 4 ? high.x : high.y) >> 2 * (j & 3) & 0x03030303) << 4;
      c.q[j] = (int) (((q | 0x80808080) - 0x20202020) ^ 0x80808080);   // minus 32 in each byte
    }
    float d = half_at(w.scales, block / 8);
    unsigned g = __ldg((const uint16_t *) w.groups + block);
    c.scale[0] = d * (int8_t) (g & 255);
    c.scale[1] = d * (int8_t) (g >> 8);
    c.offset = 0;
  }
}

static __device__ __forceinline__ float value(const Codes &c, int i) {
  return c.scale[i / 16] * (float) (int8_t) (c.q[i / 4] >> 8 * (i % 4)) + c.offset;
}

template <int T> static __device__ __forceinline__ float plain(const uint8_t *codes, size_t index) {
  if (T == BF16) { return __bfloat162float(((const __nv_bfloat16 *) codes)[index]); }
  if (T == F16) { return __half2float(((const __half *) codes)[index]); }
  return ((const float *) codes)[index];
}

/** Eight plain values from an index that is a multiple of eight. */
template <int T> static __device__ __forceinline__ void eight(const uint8_t *codes, size_t index, float (&v)[8]) {
  if (T == F32) {
    float4 a = __ldg((const float4 *) codes + index / 4), b = __ldg((const float4 *) codes + index / 4 + 1);
    v[0] = a.x; v[1] = a.y; v[2] = a.z; v[3] = a.w; v[4] = b.x; v[5] = b.y; v[6] = b.z; v[7] = b.w;
    return;
  }
  uint4 u = __ldg((const uint4 *) codes + index / 8);
  uint32_t words[4] = {u.x, u.y, u.z, u.w};
#pragma unroll
  for (int i = 0; i < 4; i++) {
    if (T == BF16) {
      v[2 * i] = __int_as_float((int) (words[i] << 16));
      v[2 * i + 1] = __int_as_float((int) (words[i] & 0xffff0000));
    } else {
      __half h[2];
      memcpy(h, &words[i], 4);
      v[2 * i] = __half2float(h[0]);
      v[2 * i + 1] = __half2float(h[1]);
    }
  }
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

/** Puts a block of 32, one value a lane; index is that of the lane's value. All lanes of the warp take part. */
static __device__ __forceinline__ void put(const Output &o, size_t index, float v) {
  if (o.floats) { o.floats[index] = v; }
  if (o.halves) { o.halves[index] = __float2bfloat16(v); }
  if (o.codes) {
    float d = warp_max(fabsf(v)) / 127;
    int q = d > 0 ? __float2int_rn(v / d) : 0, total = q;
#pragma unroll
    for (int s = 16; s; s >>= 1) { total += __shfl_xor_sync(~0u, total, s); }
    o.codes[index] = (int8_t) q;
    if (threadIdx.x % 32 == 0) { o.scales[index / 32] = make_float2(d, d * total); }
  }
}
