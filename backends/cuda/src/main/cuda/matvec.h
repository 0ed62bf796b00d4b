/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Matrices times few columns, bound by reading the weights: a warp a row, up to 8 columns at once. With codes of 8 bits (dp4a)
// or with floats.
//
// y[column * stride + row] = sum of w[row][i] * x[column][i] (+ bias[row]).
// With ids (one column an entry): grid.y is the entry, its matrix the ids[entry]-th of those stacked in w, its column entry / share.
#pragma once
#include "blocks.h"

struct Row {
  int row, column, out;
  size_t matrix;
  __device__ __forceinline__ Row(int columns_at_once, const int *ids, int share) {
    row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    column = ids ? (int) blockIdx.y / share : (int) blockIdx.y * columns_at_once;
    out = ids ? (int) blockIdx.y : column;
    matrix = ids ? ids[blockIdx.y] : 0;
  }
};

/** Bytes of codes of a block. */
template <int T> static __device__ __forceinline__ int code_bytes() { return T == Q2_K || T == Q3_K ? 8 : T == F32 ? 128 : T >= BF16 ? 64 : T == Q8_0 ? 32 : 16; }

/**
 * Has the beginning of a row on its way to the cache, where rows do not depend on ids: a device that begins a kernel before the one in
 * front of it has ended reads it meanwhile.
 */
template <int T> static __device__ __forceinline__ void prefetch_row(const Weights &w, int row, int rows, int columns, const int *ids) {
  int at = threadIdx.x % 32 * 32;
  if (ids || row >= rows || at >= columns / 32 * code_bytes<T>()) { return; }
  prefetch(w.codes + (size_t) row * (columns / 32) * code_bytes<T>() + at);
}

/** What a lane has of the products of R rows, which begin at the blocks of base, and N columns from one on, of which there are n. */
template <int T, int N, int R> static __device__ __forceinline__ void dots(const Weights &w, const size_t (&base)[R], const int8_t *__restrict__ codes,
    const float2 *__restrict__ scales, int blocks, int column, int n, float (&sum)[R][N]) {
#pragma unroll
  for (int r = 0; r < R; r++) {
#pragma unroll
    for (int c = 0; c < N; c++) { sum[r][c] = 0; }
  }
#pragma unroll (R < 3 ? 2 : 1)
  for (int b = threadIdx.x % 32; b < blocks; b += 32) {
    Codes k[R];
#pragma unroll
    for (int r = 0; r < R; r++) { read<T>(w, base[r] + b, k[r]); }
#pragma unroll
    for (int c = 0; c < N; c++) {
      if (N > 1 && column + c >= n) { break; }
      size_t at = (size_t) (column + c) * blocks + b;
      int4 lo = __ldg((const int4 *) codes + 2 * at), hi = __ldg((const int4 *) codes + 2 * at + 1);
      float2 s = __ldg(scales + at);
#pragma unroll
      for (int r = 0; r < R; r++) {
        int first = __dp4a(k[r].q[0], lo.x, 0), second = __dp4a(k[r].q[4], hi.x, 0);
        first = __dp4a(k[r].q[1], lo.y, first); second = __dp4a(k[r].q[5], hi.y, second);
        first = __dp4a(k[r].q[2], lo.z, first); second = __dp4a(k[r].q[6], hi.z, second);
        first = __dp4a(k[r].q[3], lo.w, first); second = __dp4a(k[r].q[7], hi.w, second);
        if (T == Q2_K) {
          int ones = 0x01010101, one = __dp4a(lo.x, ones, __dp4a(lo.y, ones, __dp4a(lo.z, ones, __dp4a(lo.w, ones, 0))));
          int other = __dp4a(hi.x, ones, __dp4a(hi.y, ones, __dp4a(hi.z, ones, __dp4a(hi.w, ones, 0))));
          sum[r][c] += s.x * (k[r].scale[0] * first + k[r].scale[1] * second + k[r].offset[0] * one + k[r].offset[1] * other);
        } else if (T == Q3_K || T == Q6_K) {
          sum[r][c] += s.x * (k[r].scale[0] * first + k[r].scale[1] * second);
        } else {
          sum[r][c] += s.x * k[r].scale[0] * (first + second) + k[r].offset[0] * s.y;
        }
      }
    }
  }
}

/** The same with float columns. */
template <int T, int N, int R> static __device__ __forceinline__ void dots(const Weights &w, const size_t (&base)[R], const float *__restrict__ x, int blocks,
    int column, int n, float (&sum)[R][N]) {
#pragma unroll
  for (int r = 0; r < R; r++) {
#pragma unroll
    for (int c = 0; c < N; c++) { sum[r][c] = 0; }
  }
  int columns = blocks * 32;
  if (T >= BF16) {
#pragma unroll (R < 2 ? 4 : 2)
    for (int i = threadIdx.x % 32 * 8; i < columns; i += 256) {
      float v[R][8];
#pragma unroll
      for (int r = 0; r < R; r++) { eight<T>(w.codes, base[r] * 32 + i, v[r]); }
#pragma unroll
      for (int c = 0; c < N; c++) {
        if (N > 1 && column + c >= n) { break; }
        const float4 *at = (const float4 *) (x + (size_t) (column + c) * columns + i);
        float4 a = __ldg(at), b = __ldg(at + 1);
#pragma unroll
        for (int r = 0; r < R; r++) {
          sum[r][c] += v[r][0] * a.x + v[r][1] * a.y + v[r][2] * a.z + v[r][3] * a.w + v[r][4] * b.x + v[r][5] * b.y + v[r][6] * b.z + v[r][7] * b.w;
        }
      }
    }
  } else {
    for (int b = threadIdx.x % 32; b < blocks; b += 32) {
      Codes k[R];
#pragma unroll
      for (int r = 0; r < R; r++) { read<T>(w, base[r] + b, k[r]); }
#pragma unroll
      for (int c = 0; c < N; c++) {
        if (N > 1 && column + c >= n) { break; }
        const float4 *at = (const float4 *) (x + (size_t) (column + c) * columns + b * 32);
#pragma unroll
        for (int i = 0; i < 8; i++) {
          float4 a = __ldg(at + i);
#pragma unroll
          for (int r = 0; r < R; r++) {
            sum[r][c] += value(k[r], 4 * i) * a.x + value(k[r], 4 * i + 1) * a.y + value(k[r], 4 * i + 2) * a.z + value(k[r], 4 * i + 3) * a.w;
          }
        }
      }
    }
  }
}

template <int N> static __device__ __forceinline__ void write(const Row &r, float (&sum)[1][N], float *y, const float *bias, int rows, int n, int stride) {
#pragma unroll
  for (int c = 0; c < N; c++) {
    float s = warp_sum(sum[0][c]);
    if (threadIdx.x % 32 == 0 && (N == 1 || r.column + c < n)) { y[(size_t) (r.out + c) * stride + r.row] = s + (bias ? bias[r.matrix * rows + r.row] : 0); }
  }
}

template <int T, int N> static __device__ __forceinline__ void matvec_codes(const Weights &w, const int8_t *__restrict__ codes, const float2 *__restrict__ scales,
    float *__restrict__ y, const float *__restrict__ bias, int rows, int columns, int n, int stride, const int *__restrict__ ids, int share) {
  Row r(N, ids, share);
  if (r.row >= rows) { return; }
  int blocks = columns / 32;
  size_t base[1] = {(r.matrix * rows + r.row) * blocks};
  float sum[1][N];
  dots<T, N, 1>(w, base, codes, scales, blocks, r.column, n, sum);
  write<N>(r, sum, y, bias, rows, n, stride);
}

template <int T, int N> static __device__ __forceinline__ void matvec_floats(const Weights &w, const float *__restrict__ x, float *__restrict__ y,
    const float *__restrict__ bias, int rows, int columns, int n, int stride, const int *__restrict__ ids, int share) {
  Row r(N, ids, share);
  if (r.row >= rows) { return; }
  int blocks = columns / 32;
  size_t base[1] = {(r.matrix * rows + r.row) * blocks};
  float sum[1][N];
  dots<T, N, 1>(w, base, x, blocks, r.column, n, sum);
  write<N>(r, sum, y, bias, rows, n, stride);
}
