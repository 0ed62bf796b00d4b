/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Matrices times few columns, bound by reading the weights: a warp some rows, up to 8 columns at once. With codes of 8 bits (dp4a)
// or with floats.
//
// y[column * stride + row] = sum of w[row][i] * x[column][i] (+ bias[row]).
// With ids (one column an entry): grid.y is the entry, its matrix the ids[entry]-th of those stacked in w, its column entry / share. early: another kernel
// has run between the one that has left the ids and this one, so that they are there when this one begins.
#pragma once
#include "blocks.h"

/**
 * How the lanes of a warp share a row: in each step a lane has a unit of it, a block of 32 or 8 plain values. Of STEPS steps all is loaded before the first is
 * used, and TOGETHER units are that; a row of 2 048 quantised values is no more.
 */
template <int T> struct Lanes {
  enum { QUANTISED = T < BF16, VALUES = QUANTISED ? 32 : 8, CODE_BYTES = T == Q2_K || T == Q3_K ? 8 : T == Q8_0 || T == F32 ? 32 : 16,
    STEPS = T == BF16 || T == F16 ? 4 : 2, TOGETHER = STEPS * 32,
    REGISTERS = STEPS * (CODE_BYTES / 4 + (QUANTISED ? T == Q6_K ? 4 : T == Q5_K || T == Q3_K ? 3 : T == Q4_0 || T == Q8_0 || T == IQ4_NL || T == MXFP4 ? 1 : 2 : 0)) };
};

/** What a lane has loaded of R rows: STEPS steps. */
template <int T, int R> struct Loaded {
  Raw raw[R][Lanes<T>::STEPS];
  /** From a unit on (a block, or 8 plain values) of rows that have so many and begin at those of base; lanes behind the last unit read it again. */
  __device__ __forceinline__ void load(const Weights &w, const size_t (&base)[R], int units, int from) {
#pragma unroll
    for (int s = 0; s < Lanes<T>::STEPS; s++) {
      int at = min(from + 32 * s + (int) threadIdx.x % 32, units - 1);
#pragma unroll
      for (int r = 0; r < R; r++) { ::load<T>(w, base[r] + at, raw[r][s]); }
    }
  }
};

/** Has a row on its way to the cache from a unit on, the codes alone, for what is loaded into registers later. */
template <int T> static __device__ __forceinline__ void prefetch_row(const Weights &w, size_t base, int units, int from) {
  const int bytes = Lanes<T>::CODE_BYTES;
  const uint8_t *row = w.codes + base * bytes;
  for (int at = from * bytes + (int) threadIdx.x % 32 * 32; at < units * bytes; at += 1024) { prefetch(row + at); }
}

/** Columns in 8 bits: codes, and for each 32 of them (scale, scale x sum of the codes). */
struct Coded {
  const int8_t *codes;
  const float2 *scales;
};

/** Columns of floats. */
struct Floats {
  const float *values;
};

/** Of a column in 8 bits what goes with a block. */
struct CodedBlock {
  int4 low, high;
  float2 scale;
  __device__ __forceinline__ void load(const Coded &x, size_t at) {
    low = ((const int4 *) x.codes)[2 * at];
    high = ((const int4 *) x.codes)[2 * at + 1];
    scale = x.scales[at];
  }
};

/** Where a sum of products could be rounded in several ways, the one is said: a column has the same bits whatever the compiler makes of the kernels for more or fewer. */
template <int T> static __device__ __forceinline__ float product(const Codes &k, const CodedBlock &x) {
  int4 lo = x.low, hi = x.high;
  int first = __dp4a(k.q[0], lo.x, 0), second = __dp4a(k.q[4], hi.x, 0);
  first = __dp4a(k.q[1], lo.y, first); second = __dp4a(k.q[5], hi.y, second);
  first = __dp4a(k.q[2], lo.z, first); second = __dp4a(k.q[6], hi.z, second);
  first = __dp4a(k.q[3], lo.w, first); second = __dp4a(k.q[7], hi.w, second);
  if (T == Q2_K) {
    int ones = 0x01010101, one = __dp4a(lo.x, ones, __dp4a(lo.y, ones, __dp4a(lo.z, ones, __dp4a(lo.w, ones, 0))));
    int other = __dp4a(hi.x, ones, __dp4a(hi.y, ones, __dp4a(hi.z, ones, __dp4a(hi.w, ones, 0))));
    return x.scale.x * fmaf(k.offset[1], other, fmaf(k.offset[0], one, fmaf(k.scale[1], second, k.scale[0] * first)));
  }
  if (T == Q3_K || T == Q6_K) { return x.scale.x * fmaf(k.scale[1], second, k.scale[0] * first); }
  return fmaf(x.scale.x * k.scale[0], first + second, k.offset[0] * x.scale.y);
}

/** Adds what a lane has of the products of loaded rows and N columns in 8 bits, whose blocks begin at those of column. */
template <int T, int N, int R> static __device__ __forceinline__ void add_products(const Loaded<T, R> &rows, const Coded &x, const size_t (&column)[N], int units,
    int from, float (&sum)[R][N]) {
  enum { PAIRS = Lanes<T>::STEPS * N, AT_ONCE = PAIRS < 4 ? PAIRS : 4 };   // a step with a column; so many are loaded before the first is used
  Codes k[R];
#pragma unroll
  for (int p = 0; p < PAIRS; p += AT_ONCE) {
    CodedBlock of[AT_ONCE];
#pragma unroll
    for (int i = 0; i < AT_ONCE; i++) { of[i].load(x, column[(p + i) % N] + min(from + 32 * ((p + i) / N) + (int) threadIdx.x % 32, units - 1)); }
#pragma unroll
    for (int i = 0; i < AT_ONCE; i++) {
      int s = (p + i) / N, c = (p + i) % N;
      bool there = from + 32 * s + (int) threadIdx.x % 32 < units;
#pragma unroll
      for (int r = 0; r < R; r++) {
        if (c == 0) { unpack<T>(rows.raw[r][s], k[r]); }
        float product_of_block = product<T>(k[r], of[i]);
        sum[r][c] += there ? product_of_block : 0;
      }
    }
  }
}

/** The same with columns of floats. */
template <int T, int N, int R> static __device__ __forceinline__ void add_products(const Loaded<T, R> &rows, const Floats &x, const size_t (&column)[N], int units,
    int from, float (&sum)[R][N]) {
  enum { FOURS = Lanes<T>::VALUES / 4, PAIRS = Lanes<T>::STEPS * N, AT_ONCE = Lanes<T>::QUANTISED ? 1 : PAIRS < 4 ? PAIRS : 4 };
  float v[R][8];
  Codes k[R];
#pragma unroll
  for (int p = 0; p < PAIRS; p += AT_ONCE) {
    float4 of[AT_ONCE][FOURS];
#pragma unroll
    for (int i = 0; i < AT_ONCE; i++) {
      const float4 *at = (const float4 *) x.values + (column[(p + i) % N] + min(from + 32 * ((p + i) / N) + (int) threadIdx.x % 32, units - 1)) * FOURS;
#pragma unroll
      for (int j = 0; j < FOURS; j++) { of[i][j] = at[j]; }
    }
#pragma unroll
    for (int i = 0; i < AT_ONCE; i++) {
      int s = (p + i) / N, c = (p + i) % N;
      bool there = from + 32 * s + (int) threadIdx.x % 32 < units;
#pragma unroll
      for (int r = 0; r < R; r++) {
        if constexpr (Lanes<T>::QUANTISED) {
          if (c == 0) { unpack<T>(rows.raw[r][s], k[r]); }
#pragma unroll
          for (int j = 0; j < FOURS; j++) {
            float4 a = of[i][j];
            float d = value(k[r], 4 * j) * a.x + value(k[r], 4 * j + 1) * a.y + value(k[r], 4 * j + 2) * a.z + value(k[r], 4 * j + 3) * a.w;
            sum[r][c] += there ? d : 0;
          }
        } else {
          if (c == 0) { unpack<T>(rows.raw[r][s], v[r]); }
          float4 a = of[i][0], b = of[i][1];
          float d = v[r][0] * a.x + v[r][1] * a.y + v[r][2] * a.z + v[r][3] * a.w + v[r][4] * b.x + v[r][5] * b.y + v[r][6] * b.z + v[r][7] * b.w;
          sum[r][c] += there ? d : 0;
        }
      }
    }
  }
}

/** What a lane has of the products of R rows and N columns; the beginning of the rows is loaded. */
template <int T, int N, int R, class X> static __device__ __forceinline__ void dots(const Weights &w, const size_t (&base)[R], Loaded<T, R> &rows, const X &x,
    const size_t (&column)[N], int units, float (&sum)[R][N]) {
#pragma unroll
  for (int r = 0; r < R; r++) {
#pragma unroll
    for (int c = 0; c < N; c++) { sum[r][c] = 0; }
  }
  for (int from = 0;;) {
    add_products<T, N, R>(rows, x, column, units, from, sum);
    from += Lanes<T>::TOGETHER;
    if (from >= units) { break; }
    rows.load(w, base, units, from);
  }
}

enum { ROWS_OF_WARP = 2 };   // of a matrix that is multiplied alone: they share what is read of the columns

template <int T, int N, class X> static __device__ __forceinline__ void matvec(const Weights &w, const X &x, float *y, const float *bias, int rows, int columns, int n,
    int stride, const int *ids, int share, int early) {
  const int R = ROWS_OF_WARP;
  int first = (int) (blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32) * R, units = columns / Lanes<T>::VALUES;
  size_t base[R], column[N];
  Loaded<T, R> loaded;
  auto begin_at = [&](size_t matrix) {
#pragma unroll
    for (int r = 0; r < R; r++) { base[r] = (matrix * rows + min(first + r, rows - 1)) * units; }
  };
  size_t matrix = 0;
  bool known = !ids || early;   // which rows these are: then they are on their way while the kernel in front still runs
  if (known) {
    if (ids) { matrix = fetch_left(ids + blockIdx.y); }
    begin_at(matrix);
    loaded.load(w, base, units, 0);
#pragma unroll
    for (int r = 0; r < R; r++) { prefetch_row<T>(w, base[r], units, Lanes<T>::TOGETHER); }
  }
  begin_kernel();
  if (first >= rows) { return; }
  if (!known) {
    matrix = ids[blockIdx.y];
    begin_at(matrix);
    loaded.load(w, base, units, 0);
  }
  int from = ids ? (int) blockIdx.y / share : (int) blockIdx.y * N, out = ids ? (int) blockIdx.y : from;
#pragma unroll
  for (int c = 0; c < N; c++) { column[c] = (size_t) min(from + c, ids ? from : n - 1) * units; }   // those behind the last are the last again
  float sum[R][N], plus[R];
#pragma unroll
  for (int r = 0; r < R; r++) { plus[r] = bias ? bias[matrix * rows + min(first + r, rows - 1)] : 0; }
  dots<T, N, R>(w, base, loaded, x, column, units, sum);
#pragma unroll
  for (int r = 0; r < R; r++) {
#pragma unroll
    for (int c = 0; c < N; c++) {
      float s = warp_sum(sum[r][c]) + plus[r];
      if (threadIdx.x % 32 == 0 && first + r < rows && (N == 1 || from + c < n)) { y[(size_t) (out + c) * stride + first + r] = s; }
    }
  }
}
