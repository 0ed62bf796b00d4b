/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The residual stream: what a part of a layer gives is added to it, then it is normed. A kernel of its own does so for many tokens; for few of them each block of
// the kernel behind does it for itself where those blocks are few, which costs less than a launch.
//
// A thread has the fours threadIdx.x + k * THREADS of a row, all loaded before the first is used. The order of sums is that of a thread, a warp, all groups of
// 128 values, so that it is the same in blocks of every size.
#pragma once
#include "blocks.h"

/**
 * What a part of a layer gives, for the stream: used rows a token, to be summed with weights if there are any; one row more with the
 * shared expert; then a norm if there is one. Null rows: nothing.
 */
struct Part {
  const float *rows, *weights;
  int used;
  const float *shared, *shared_weights, *norm;
  float epsilon, factor;
};

/** Of the root mean square; null weight: no norm. */
struct Norm {
  const float *weight;
  float epsilon;
};

enum { MOST_WIDTH = 16384, MOST_GROUPS = MOST_WIDTH / 128 };

static __device__ __forceinline__ float4 add_fours(float4 a, float s, float4 b) { return make_float4(a.x + s * b.x, a.y + s * b.y, a.z + s * b.z, a.w + s * b.w); }

static __device__ __forceinline__ float4 multiply_fours(float4 a, float s, float4 b) { return make_float4(a.x * s * b.x, a.y * s * b.y, a.z * s * b.z, a.w * s * b.w); }

/** Over a block; sums: for all groups, which nobody else uses. */
template <int THREADS, int EACH> static __device__ __forceinline__ float sum_of_squares(const float4 (&v)[EACH], int fours, float *sums) {
  int lane = threadIdx.x % 32, groups = (fours + 31) / 32;
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    int group = (threadIdx.x + k * THREADS) / 32;
    float s = warp_sum(v[k].x * v[k].x + v[k].y * v[k].y + v[k].z * v[k].z + v[k].w * v[k].w);
    if (lane == 0 && group < groups) { sums[group] = s; }
  }
  __syncthreads();
  float s = 0;
#pragma unroll 1
  for (int g = lane; g < groups; g += 32) { s += sums[g]; }
  return warp_sum(s);
}

/** What experts give for a token, with their weights. No loads of weights (fetch): the kernel in front writes these rows while this one may have begun. */
template <int THREADS, int EACH> static __device__ __forceinline__ void add_rows(const Part &part, int r, int fours, float4 (&given)[EACH]) {
  enum { AT_ONCE = EACH > 2 ? 1 : 4 };
  const float4 *rows = (const float4 *) part.rows, *shared = (const float4 *) part.shared;
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    int i = threadIdx.x + k * THREADS;
    given[k] = make_float4(0, 0, 0, 0);
    if (i >= fours) { continue; }
#pragma unroll 1
    for (int u = 0; u < part.used; u += AT_ONCE) {
      float4 of[AT_ONCE];
      float by[AT_ONCE];
#pragma unroll
      for (int j = 0; j < AT_ONCE; j++) {
        size_t at = (size_t) r * part.used + min(u + j, part.used - 1);
        of[j] = rows[at * fours + i];
        by[j] = part.weights[at];
      }
#pragma unroll
      for (int j = 0; j < AT_ONCE; j++) {
        if (u + j < part.used) { given[k] = add_fours(given[k], by[j], of[j]); }
      }
    }
    if (part.shared) { given[k] = add_fours(given[k], part.shared_weights ? part.shared_weights[r] : 1, shared[(size_t) r * fours + i]); }
  }
}

/** Row r of the stream with a part added; zeros behind the end. n is a multiple of 32 and at most 4 EACH times the threads. */
template <int THREADS, int EACH> static __device__ __forceinline__ void add_part(const float *h, const Part &part, int r, int n, float4 (&v)[EACH]) {
  __shared__ float sums[MOST_GROUPS];
  int fours = n / 4;
  const float4 *row = (const float4 *) h + (size_t) r * fours, *rows = (const float4 *) part.rows, none = make_float4(0, 0, 0, 0);
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    int i = threadIdx.x + k * THREADS;
    v[k] = i < fours ? row[i] : none;
  }
  if (!rows) { return; }
  float4 given[EACH];
  if (!part.weights) {
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      int i = threadIdx.x + k * THREADS;
      given[k] = i < fours ? rows[(size_t) r * fours + i] : none;
    }
  } else {
    add_rows<THREADS>(part, r, fours, given);
  }
  float by = part.factor;
  if (part.norm) {
    by *= rsqrtf(__fdividef(sum_of_squares<THREADS>(given, fours, sums), n) + part.epsilon);
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      int i = threadIdx.x + k * THREADS;
      if (i < fours) { given[k] = multiply_fours(given[k], 1, ((const float4 *) part.norm)[i]); }
    }
  }
#pragma unroll
  for (int k = 0; k < EACH; k++) { v[k] = add_fours(v[k], by, given[k]); }
}

/** Has the weights of a norm on their way to the cache. */
static __device__ __forceinline__ void prefetch_norm(const Norm &norm, int n) {
  for (int i = 8 * threadIdx.x; norm.weight && i < n; i += 8 * blockDim.x) { prefetch(norm.weight + i); }
}

/** Weights of a norm for the values that a thread has. */
template <int THREADS, int EACH> static __device__ __forceinline__ void fetch_norm(const Norm &norm, int n, float4 (&weight)[EACH]) {
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    int i = threadIdx.x + k * THREADS;
    weight[k] = make_float4(1, 1, 1, 1);
    if (norm.weight && i < n / 4) { weight[k] = fetch_four(norm.weight, i); }
  }
}

template <int THREADS, int EACH> static __device__ __forceinline__ void norm_row(float4 (&v)[EACH], const Norm &norm, const float4 (&weight)[EACH], int n) {
  __shared__ float sums[MOST_GROUPS];
  if (!norm.weight) { return; }
  float scale = rsqrtf(__fdividef(sum_of_squares<THREADS>(v, n / 4, sums), n) + norm.epsilon);
#pragma unroll
  for (int k = 0; k < EACH; k++) { v[k] = multiply_fours(v[k], scale, weight[k]); }
}
