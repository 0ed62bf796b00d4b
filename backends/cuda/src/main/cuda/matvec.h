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

/**
 * Has the beginning of each row on its way to the cache, where rows do not depend on ids: a device that begins a kernel before the one in
 * front of it has ended reads it meanwhile.
 */
template <int T> static __device__ __forceinline__ void prefetch_rows(const Weights &w, int rows, int columns, const int *ids) {
  constexpr int BYTES = T == Q2_K || T == Q3_K ? 8 : T == F32 ? 128 : T >= BF16 ? 64 : T == Q8_0 ? 32 : 16;   // of codes of a block
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, at = threadIdx.x % 32 * 32;
  if (ids || row >= rows || at >= columns / 32 * BYTES) { return; }
  prefetch(w.codes + (size_t) row * (columns / 32) * BYTES + at);
}

template <int N> static __device__ __forceinline__ void write(const Row &r, float (&sum)[N], float *y, const float *bias, int rows, int n, int stride) {
#pragma unroll
  for (int c = 0; c < N; c++) {
    float s = warp_sum(sum[c]);
    if (threadIdx.x % 32 == 0 && (N == 1 || r.column + c < n)) { y[(size_t) (r.out + c) * stride + r.row] = s + (bias ? bias[r.matrix * rows + r.row] : 0); }
  }
}

template <int T, int N> static __device__ __forceinline__ void matvec_codes(const Weights &w, const int8_t *__restrict__ codes, const float2 *__restrict__ scales,
    float *__restrict__ y, const float *__restrict__ bias, int rows, int columns, int n, int stride, const int *__restrict__ ids, int share) {
  Row r(N, ids, share);
  if (r.row >= rows) { return; }
  int blocks = columns / 32;
  size_t base = (r.matrix * rows + r.row) * blocks;
  float sum[N];
#pragma unroll
  for (int c = 0; c < N; c++) { sum[c] = 0; }
#pragma unroll 2
  for (int b = threadIdx.x % 32; b < blocks; b += 32) {
    Codes k;
    read<T>(w, base + b, k);
#pragma unroll
    for (int c = 0; c < N; c++) {
      if (N > 1 && r.column + c >= n) { break; }
      size_t at = (size_t) (r.column + c) * blocks + b;
      int4 lo = __ldg((const int4 *) codes + 2 * at), hi = __ldg((const int4 *) codes + 2 * at + 1);
      float2 s = __ldg(scales + at);
      int first = __dp4a(k.q[0], lo.x, 0), second = __dp4a(k.q[4], hi.x, 0);
      first = __dp4a(k.q[1], lo.y, first); second = __dp4a(k.q[5], hi.y, second);
      first = __dp4a(k.q[2], lo.z, first); second = __dp4a(k.q[6], hi.z, second);
      first = __dp4a(k.q[3], lo.w, first); second = __dp4a(k.q[7], hi.w, second);
      if (T == Q2_K) {
        int ones = 0x01010101, one = __dp4a(lo.x, ones, __dp4a(lo.y, ones, __dp4a(lo.z, ones, __dp4a(lo.w, ones, 0))));
        int other = __dp4a(hi.x, ones, __dp4a(hi.y, ones, __dp4a(hi.z, ones, __dp4a(hi.w, ones, 0))));
        sum[c] += s.x * (k.scale[0] * first + k.scale[1] * second + k.offset[0] * one + k.offset[1] * other);
      } else if (T == Q3_K || T == Q6_K) {
        sum[c] += s.x * (k.scale[0] * first + k.scale[1] * second);
      } else {
        sum[c] += s.x * k.scale[0] * (first + second) + k.offset[0] * s.y;
      }
    }
  }
  write<N>(r, sum, y, bias, rows, n, stride);
}

template <int T, int N> static __device__ __forceinline__ void matvec_floats(const Weights &w, const float *__restrict__ x, float *__restrict__ y,
    const float *__restrict__ bias, int rows, int columns, int n, int stride, const int *__restrict__ ids, int share) {
  Row r(N, ids, share);
  if (r.row >= rows) { return; }
  size_t base = (r.matrix * rows + r.row) * columns;
  float sum[N];
#pragma unroll
  for (int c = 0; c < N; c++) { sum[c] = 0; }
  if (T >= BF16) {
#pragma unroll 4
    for (int i = threadIdx.x % 32 * 8; i < columns; i += 256) {
      float v[8];
      eight<T>(w.codes, base + i, v);
#pragma unroll
      for (int c = 0; c < N; c++) {
        if (N > 1 && r.column + c >= n) { break; }
        const float4 *at = (const float4 *) (x + (size_t) (r.column + c) * columns + i);
        float4 a = __ldg(at), b = __ldg(at + 1);
        sum[c] += v[0] * a.x + v[1] * a.y + v[2] * a.z + v[3] * a.w + v[4] * b.x + v[5] * b.y + v[6] * b.z + v[7] * b.w;
      }
    }
  } else {
    for (int b = threadIdx.x % 32; b < columns / 32; b += 32) {
      Codes k;
      read<T>(w, base / 32 + b, k);
#pragma unroll
      for (int c = 0; c < N; c++) {
        if (N > 1 && r.column + c >= n) { break; }
        const float4 *at = (const float4 *) (x + (size_t) (r.column + c) * columns + b * 32);
#pragma unroll
        for (int i = 0; i < 8; i++) {
          float4 a = __ldg(at + i);
          sum[c] += value(k, 4 * i) * a.x + value(k, 4 * i + 1) * a.y + value(k, 4 * i + 2) * a.z + value(k, 4 * i + 3) * a.w;
        }
      }
    }
  }
  write<N>(r, sum, y, bias, rows, n, stride);
}
