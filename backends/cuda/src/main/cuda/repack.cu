/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// From blocks as files have them to planes (blocks.h), a thread a block of 32.
#include "blocks.h"

/** Nibbles of 32 values. */
static __device__ void put_nibbles(uint8_t *codes, size_t block, const uint8_t *v) {
  for (int i = 0; i < 16; i++) { codes[block * 16 + i] = (uint8_t) ((v[i] & 15) | (v[16 + i] & 15) << 4); }
}

/** raw: count blocks as stored; they become the blocks from first on. */
GPU_KERNEL(repack_Q4_0)(const uint8_t *raw, Weights w, long long first, long long count) {
  long long i = (long long) blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) { return; }
  const uint8_t *from = raw + i * 18;
  uint8_t *scale = (uint8_t *) w.scales + (first + i) * 2, *codes = (uint8_t *) w.codes + (first + i) * 16;
  scale[0] = from[0]; scale[1] = from[1];
  for (int k = 0; k < 16; k++) { codes[k] = from[2 + k]; }
}

GPU_KERNEL(repack_Q8_0)(const uint8_t *raw, Weights w, long long first, long long count) {
  long long i = (long long) blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) { return; }
  const uint8_t *from = raw + i * 34;
  uint8_t *scale = (uint8_t *) w.scales + (first + i) * 2, *codes = (uint8_t *) w.codes + (first + i) * 32;
  scale[0] = from[0]; scale[1] = from[1];
  for (int k = 0; k < 32; k++) { codes[k] = from[2 + k]; }
}

/** Scale and minimum of a group, 6 bits each, from the 12 bytes that hold those of 8 groups. */
static __device__ void scale_of_group(const uint8_t *s, int j, uint8_t *out) {
  out[0] = (uint8_t) (j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4);
  out[1] = (uint8_t) (j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | (s[j] >> 6) << 4);
}

template <bool FIVE> static __device__ void repack_minima(const uint8_t *raw, const Weights &w, long long first, long long count) {
  long long i = (long long) blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) { return; }
  const uint8_t *from = raw + i / 8 * (FIVE ? 176 : 144), *bits = from + 16, *low = from + (FIVE ? 48 : 16);
  int j = (int) (i % 8);
  size_t block = first + i;
  uint8_t v[32];
  for (int k = 0; k < 32; k++) {
    v[k] = (uint8_t) (j & 1 ? low[j / 2 * 32 + k] >> 4 : low[j / 2 * 32 + k] & 15);
    if (FIVE) { v[k] |= (bits[k] >> j & 1) << 4; }
  }
  put_nibbles((uint8_t *) w.codes, block, v);
  if (FIVE) {
    for (int k = 0; k < 4; k++) {
      int high = 0;
      for (int m = 0; m < 8; m++) { high |= (v[4 * m + k] >> 4) << m; }
      ((uint8_t *) w.high)[block * 4 + k] = (uint8_t) high;
    }
  }
  scale_of_group(from + 4, j, (uint8_t *) w.groups + block * 2);
  if (j == 0) {
    for (int k = 0; k < 4; k++) { ((uint8_t *) w.scales)[block / 8 * 4 + k] = from[k]; }
  }
}

GPU_KERNEL(repack_Q4_K)(const uint8_t *raw, Weights w, long long first, long long count) { repack_minima<false>(raw, w, first, count); }
GPU_KERNEL(repack_Q5_K)(const uint8_t *raw, Weights w, long long first, long long count) { repack_minima<true>(raw, w, first, count); }

GPU_KERNEL(repack_Q6_K)(const uint8_t *raw, Weights w, long long first, long long count) {
  long long i = (long long) blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) { return; }
  const uint8_t *from = raw + i / 8 * 210;
  int j = (int) (i % 8), half = j / 4, part = j % 4;
  size_t block = first + i;
  const uint8_t *low = from + half * 64 + (part & 1) * 32, *bits = from + 128 + half * 32;
  uint8_t v[32];
  for (int k = 0; k < 32; k++) { v[k] = (uint8_t) ((part < 2 ? low[k] & 15 : low[k] >> 4) | (bits[k] >> 2 * part & 3) << 4); }
  put_nibbles((uint8_t *) w.codes, block, v);
  for (int k = 0; k < 8; k++) {
    int high = 0;
    for (int m = 0; m < 4; m++) { high |= (v[k / 4 * 16 + 4 * m + k % 4] >> 4) << 2 * m; }
    ((uint8_t *) w.high)[block * 8 + k] = (uint8_t) high;
  }
  for (int k = 0; k < 2; k++) { ((uint8_t *) w.groups)[block * 2 + k] = from[192 + half * 8 + part * 2 + k]; }
  if (j == 0) {
    for (int k = 0; k < 2; k++) { ((uint8_t *) w.scales)[block / 8 * 2 + k] = from[208 + k]; }
  }
}
