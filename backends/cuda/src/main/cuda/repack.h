/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// From blocks as files have them (GGUF specification, ggml-common.h) to planes (blocks.h), a thread a block of 32.
#pragma once
#include "blocks.h"

/** How a type is stored: BYTES hold EACH blocks of 32 values; block() puts the j-th of them. */
template <int T> struct Stored;

static __device__ __forceinline__ uint8_t *plane(const uint8_t *p, size_t at) { return (uint8_t *) p + at; }

static __device__ void copy_bytes(uint8_t *to, const uint8_t *from, int count) {
  for (int i = 0; i < count; i++) { to[i] = from[i]; }
}

static __device__ void put_nibbles(const Weights &w, size_t block, const uint8_t *v) {
  for (int i = 0; i < 16; i++) { *plane(w.codes, block * 16 + i) = (uint8_t) ((v[i] & 15) | (v[16 + i] & 15) << 4); }
}

/** Bit number `at` of 32 values. */
static __device__ void put_single_bits(const Weights &w, size_t block, const uint8_t *v, int at) {
  for (int k = 0; k < 4; k++) {
    int bits = 0;
    for (int m = 0; m < 8; m++) { bits |= (v[4 * m + k] >> at & 1) << m; }
    *plane(w.high, block * 4 + k) = (uint8_t) bits;
  }
}

/** Two bits of 32 values, from number `at` on. */
static __device__ void put_pairs_of_bits(const uint8_t *to, size_t block, const uint8_t *v, int at) {
  for (int k = 0; k < 8; k++) {
    int bits = 0;
    for (int m = 0; m < 4; m++) { bits |= (v[k / 4 * 16 + 4 * m + k % 4] >> at & 3) << 2 * m; }
    *plane(to, block * 8 + k) = (uint8_t) bits;
  }
}

/** Nibbles as files have them lie as they are wanted; SCALES bytes are before them. */
template <int SCALES> struct Nibbles {
  enum { BYTES = 16 + SCALES, EACH = 1 };
  static __device__ void block(const uint8_t *from, int, const Weights &w, size_t block) {
    copy_bytes(plane(w.scales, block * SCALES), from, SCALES);
    copy_bytes(plane(w.codes, block * 16), from + SCALES, 16);
  }
};
template <> struct Stored<Q4_0> : Nibbles<2> {};
template <> struct Stored<Q4_1> : Nibbles<4> {};
template <> struct Stored<IQ4_NL> : Nibbles<2> {};

template <> struct Stored<MXFP4> {
  enum { BYTES = 17, EACH = 1 };
  static __device__ void block(const uint8_t *from, int, const Weights &w, size_t block) {
    *plane(w.groups, block) = from[0];
    copy_bytes(plane(w.codes, block * 16), from + 1, 16);
  }
};

/** Fifth bits in a word of 32 between scales and nibbles: bit k belongs to value k. */
template <int SCALES> struct FiveBits {
  enum { BYTES = 20 + SCALES, EACH = 1 };
  static __device__ void block(const uint8_t *from, int, const Weights &w, size_t block) {
    copy_bytes(plane(w.scales, block * SCALES), from, SCALES);
    copy_bytes(plane(w.codes, block * 16), from + SCALES + 4, 16);
    uint8_t v[32];
    for (int k = 0; k < 32; k++) { v[k] = from[SCALES + k / 8] >> k % 8 & 1; }
    put_single_bits(w, block, v, 0);
  }
};
template <> struct Stored<Q5_0> : FiveBits<2> {};
template <> struct Stored<Q5_1> : FiveBits<4> {};

template <> struct Stored<Q8_0> {
  enum { BYTES = 34, EACH = 1 };
  static __device__ void block(const uint8_t *from, int, const Weights &w, size_t block) {
    copy_bytes(plane(w.scales, block * 2), from, 2);
    copy_bytes(plane(w.codes, block * 32), from + 2, 32);
  }
};

template <> struct Stored<Q2_K> {
  enum { BYTES = 84, EACH = 8 };
  static __device__ void block(const uint8_t *from, int j, const Weights &w, size_t block) {
    uint8_t v[32];
    for (int k = 0; k < 32; k++) { v[k] = from[16 + j / 4 * 32 + k] >> 2 * (j % 4) & 3; }
    put_pairs_of_bits(w.codes, block, v, 0);
    copy_bytes(plane(w.groups, block * 2), from + 2 * j, 2);
    if (j == 0) { copy_bytes(plane(w.scales, block / 8 * 4), from + 80, 4); }
  }
};

template <> struct Stored<Q3_K> {
  enum { BYTES = 110, EACH = 8 };
  static __device__ void block(const uint8_t *from, int j, const Weights &w, size_t block) {
    uint8_t v[32];
    for (int k = 0; k < 32; k++) { v[k] = (uint8_t) ((from[32 + j / 4 * 32 + k] >> 2 * (j % 4) & 3) | (from[k] >> j & 1) << 2); }
    put_pairs_of_bits(w.codes, block, v, 0);
    put_single_bits(w, block, v, 2);
    const uint8_t *s = from + 96;   // 16 scales of 6 bits: low nibbles in 8 bytes, then pairs of bits in 4
    for (int k = 0; k < 2; k++) {
      int g = 2 * j + k, low = g < 8 ? s[g] & 15 : s[g - 8] >> 4;
      *plane(w.groups, block * 2 + k) = (uint8_t) ((low | (s[8 + g % 4] >> 2 * (g / 4) & 3) << 4) - 32);
    }
    if (j == 0) { copy_bytes(plane(w.scales, block / 8 * 2), from + 108, 2); }
  }
};

template <> struct Stored<IQ4_XS> {
  enum { BYTES = 136, EACH = 8 };
  static __device__ void block(const uint8_t *from, int j, const Weights &w, size_t block) {
    int low = from[4 + j / 2] >> 4 * (j % 2) & 15, high = (from[2] | from[3] << 8) >> 2 * j & 3;
    *plane(w.groups, block) = (uint8_t) ((low | high << 4) - 32);
    copy_bytes(plane(w.codes, block * 16), from + 8 + 16 * j, 16);
    if (j == 0) { copy_bytes(plane(w.scales, block / 8 * 2), from, 2); }
  }
};

/** Scale and minimum of a group, 6 bits each, from the 12 bytes that hold those of 8 groups. */
static __device__ void scale_of_group(const uint8_t *s, int j, uint8_t *out) {
  out[0] = (uint8_t) (j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4);
  out[1] = (uint8_t) (j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | (s[j] >> 6) << 4);
}

template <bool FIVE> struct Minima {
  enum { BYTES = FIVE ? 176 : 144, EACH = 8 };
  static __device__ void block(const uint8_t *from, int j, const Weights &w, size_t block) {
    const uint8_t *bits = from + 16, *low = from + (FIVE ? 48 : 16);
    uint8_t v[32];
    for (int k = 0; k < 32; k++) {
      v[k] = (uint8_t) (j & 1 ? low[j / 2 * 32 + k] >> 4 : low[j / 2 * 32 + k] & 15);
      if (FIVE) { v[k] |= (bits[k] >> j & 1) << 4; }
    }
    put_nibbles(w, block, v);
    if (FIVE) { put_single_bits(w, block, v, 4); }
    scale_of_group(from + 4, j, plane(w.groups, block * 2));
    if (j == 0) { copy_bytes(plane(w.scales, block / 8 * 4), from, 4); }
  }
};
template <> struct Stored<Q4_K> : Minima<false> {};
template <> struct Stored<Q5_K> : Minima<true> {};

template <> struct Stored<Q6_K> {
  enum { BYTES = 210, EACH = 8 };
  static __device__ void block(const uint8_t *from, int j, const Weights &w, size_t block) {
    int half = j / 4, part = j % 4;
    const uint8_t *low = from + half * 64 + (part & 1) * 32, *bits = from + 128 + half * 32;
    uint8_t v[32];
    for (int k = 0; k < 32; k++) { v[k] = (uint8_t) ((part < 2 ? low[k] & 15 : low[k] >> 4) | (bits[k] >> 2 * part & 3) << 4); }
    put_nibbles(w, block, v);
    put_pairs_of_bits(w.high, block, v, 4);
    copy_bytes(plane(w.groups, block * 2), from + 192 + 2 * j, 2);
    if (j == 0) { copy_bytes(plane(w.scales, block / 8 * 2), from + 208, 2); }
  }
};

/** raw: count blocks as stored; they become the blocks from first on. */
template <int T> static __device__ void repack(const uint8_t *raw, const Weights &w, long long first, long long count) {
  long long i = (long long) blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) { Stored<T>::block(raw + i / Stored<T>::EACH * Stored<T>::BYTES, (int) (i % Stored<T>::EACH), w, first + i); }
}
